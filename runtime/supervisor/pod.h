// The pod: one function, its workers, and the calls that wait for them or run in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/net/loop.h"
#include "runtime/supervisor/batch.h"
#include "runtime/supervisor/batch_stream.h"
#include "runtime/supervisor/init_request.h"
#include "runtime/supervisor/lane.h"
#include "runtime/supervisor/log_budget.h"
#include "runtime/supervisor/private_directory.h"
#include "runtime/supervisor/shared_clients.h"
#include "runtime/supervisor/unpacking.h"

namespace faasbatch::supervisor {

enum class PodState { kGeneric, kInitialising, kReady, kFailed, kDraining };
const char* stateName(PodState state);

inline constexpr std::size_t kMaxWaitingCalls = 100'000;                 // then "QueueFull"
inline constexpr base::Duration kClosedGrace = std::chrono::seconds(1);  // for calls whose client has gone
inline constexpr std::size_t kMaxUnownedLogBytes =
    1 << 20;  // of text that belongs to no call; the rest is dropped

// What a pod starts.
struct PodPrograms {
  WorkerCommand worker;
  bool native = false;  // which kind of worker that is
  std::string unpack;   // unpacking.h
};

struct PodCounters {
  std::int64_t batches = 0;
  std::int64_t invocations = 0;
  std::int64_t crashes = 0;
  std::int64_t timeouts = 0;
};

// Generic -> Initialising -> Ready or Failed; Draining from any of them. At most `limit` calls run at once,
// the others wait in the order they came; a call that asks for isolation runs in a child of a zygote that is
// started when it is first needed. Loop thread only.
class Pod final : private WorkerEvents {
 public:
  using InitDone =
      std::move_only_function<void(const std::optional<protocol::CallError>& error, double loadMs)>;

  Pod(net::EventLoop& loop, Reaper& reaper, const PodPrograms& programs);
  ~Pod() override;

  PodState state() const { return draining_ ? PodState::kDraining : state_; }

  // Kind "AlreadyInitialised" or "Draining"; otherwise `done` is called once.
  base::Result<void> init(InitRequest request, InitDone done);

  // Answers the batch through `responder`. Kinds "NotInitialised", "Draining", "QueueFull", "InvalidRequest":
  // nothing was done and the responder was not used.
  base::Result<void> submit(std::string body, net::Responder& responder);

  void cancel(const std::vector<std::string>& ids, base::Duration grace);

  // Takes no more batches; `done` is called when no call is left.
  void drain(std::move_only_function<void()> done);
  void stop();         // kills the workers
  void removeFiles();  // of an archive; when no worker is left

  std::size_t inFlight() const { return calls_.size(); }
  std::size_t abandonedThreads() const;
  const PodCounters& counters() const { return counters_; }
  std::string shared() const { return shared_.list(); }
  const InitRequest& request() const { return request_; }

 private:
  struct Call {
    std::shared_ptr<BatchStream> batch;
    Invocation invocation;
    base::Instant arrived;
    base::Instant started;
    Worker* worker = nullptr;  // nullptr: waits
    base::TimerId deadline = 0;
    base::TimerId grace = 0;
    LogBudget log{0};
    bool saidSystem = false;
  };
  // Calls that wait for one lane, by number: in the order they came. Numbers of calls that have ended
  // meanwhile are passed over.
  struct Queue {
    Lane* lane;
    std::deque<std::uint32_t> numbers;
  };

  void onHello(Worker& worker) override;
  void onLoaded(Worker& worker, const std::optional<protocol::CallError>& error) override;
  void onOutcome(Worker& worker, std::uint32_t call, const Outcome& outcome) override;
  void onLog(Worker& worker, std::uint32_t call, const protocol::LogHead& log,
             std::string_view text) override;
  void onShared(Worker& worker, std::string_view list) override;
  void onSharedInChild(Worker& worker, std::string_view list) override;
  void onReturned(Worker& worker, std::uint32_t call) override;
  void onTurns(Worker& worker) override;
  void onEnded(Worker& worker, const std::string& how) override;

  Lane::Events mainEvents();
  Lane::Events isolatingEvents();
  Lane& laneOf(const Worker& worker) { return main_.owns(worker) ? main_ : isolating_; }
  void unpack();
  void onUnpacked(const base::Result<void>& result);
  void loadMain();
  void failInit(const protocol::CallError& error);
  void answerInit(const std::optional<protocol::CallError>& error);
  void onWorkerGone(pid_t pid);

  void accept(const std::shared_ptr<BatchStream>& batch, Invocation invocation);
  void loadIsolating();
  void settleSoon();  // dispatch and flush at the end of this turn
  void settle();
  void dispatch();
  Queue* nextQueue();
  void startCall(std::uint32_t number, Worker& worker);

  void end(std::uint32_t number, const Outcome& outcome);  // writes the result line and forgets the call
  void giveUp(std::uint32_t number, const char* type, const std::string& message);
  void onDeadline(std::uint32_t number, std::optional<bool> answers = std::nullopt);
  void timeOut(std::uint32_t number);
  void handBack(std::uint32_t number, const std::string& why);
  void handBackAll(const Worker& worker, const std::string& why);
  void cancelCall(std::uint32_t number, base::Duration grace);
  void onClientGone(const BatchStream* batch);
  void failWaiting(Queue& queue, const protocol::CallError& error);
  void touch(const std::shared_ptr<BatchStream>& batch);

  net::EventLoop& loop_;
  Reaper& reaper_;
  protocol::FrameReceiver receiver_;
  PodState state_ = PodState::kGeneric;
  bool draining_ = false;
  InitRequest request_;
  InitDone initDone_;
  base::Instant initStarted_;
  std::string unpackProgram_;
  bool native_;
  std::unique_ptr<PrivateDirectory> directory_;  // of the function's archive
  std::unique_ptr<Unpacking> unpacking_;
  Lane main_;
  Lane isolating_;  // a zygote, where the pod's mode is another
  Queue mainQueue_{&main_, {}};
  Queue isolatingQueue_{&isolating_, {}};
  std::unordered_map<std::uint32_t, Call> calls_;
  std::size_t running_ = 0;
  std::uint32_t lastNumber_ = 0;
  std::vector<std::shared_ptr<BatchStream>> touched_;
  bool settling_ = false;
  PodCounters counters_;
  SharedClients shared_;
  LogBudget unownedLog_{kMaxUnownedLogBytes};
  std::move_only_function<void()> drained_;
};

}  // namespace faasbatch::supervisor
