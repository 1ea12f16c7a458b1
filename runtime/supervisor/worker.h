// One worker process and the calls under way in it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/net/loop.h"
#include "runtime/protocol/heads.h"
#include "runtime/supervisor/channel.h"
#include "runtime/supervisor/lines.h"
#include "runtime/supervisor/output_pipe.h"
#include "runtime/supervisor/reaper.h"
#include "runtime/supervisor/spawn.h"

namespace faasbatch::supervisor {

class Worker;
class Children;

// How a call ended, as its process says or as its process's end says.
struct Outcome {
  Times times;  // queueUs: inside the worker
  std::optional<protocol::CallError> error;
  std::string_view output;  // where there is no error; not checked; valid during the event
};

// What a worker tells its owner. `call` is the number it was started with. All on the loop's thread; a worker
// must not be destroyed within an event.
class WorkerEvents {
 public:
  virtual ~WorkerEvents() = default;
  virtual void onHello(Worker& worker) = 0;
  virtual void onLoaded(Worker& worker, const std::optional<protocol::CallError>& error) = 0;
  virtual void onOutcome(Worker& worker, std::uint32_t call, const Outcome& outcome) = 0;
  virtual void onLog(Worker& worker, std::uint32_t call, const protocol::LogHead& log,
                     std::string_view text) = 0;
  // Shared clients, not checked: the worker's own count, which takes the place of its last one, or what a
  // child has to add.
  virtual void onShared(Worker& worker, std::string_view list) = 0;
  virtual void onSharedInChild(Worker& worker, std::string_view list) = 0;
  // The worker has not begun the call and forgets it: it may run elsewhere.
  virtual void onReturned(Worker& worker, std::uint32_t call) = 0;
  virtual void onTurns(Worker& worker) = 0;  // no longer held up
  // The process has ended, each of its calls has had its outcome. `how` is for people.
  virtual void onEnded(Worker& worker, const std::string& how) = 0;
};

// What every worker of a pod uses.
struct WorkerContext {
  net::EventLoop& loop;
  Reaper& reaper;
  protocol::FrameReceiver& receiver;
  WorkerEvents& events;
};

// How long a process may live that has closed its socket.
inline constexpr base::Duration kLastBreath = std::chrono::milliseconds(200);
// How long a worker may take to answer a Ping. One whose calls all wait or compute does so within a few
// milliseconds.
inline constexpr base::Duration kAnswerTime = std::chrono::milliseconds(500);

// Loop thread only.
class Worker {
 public:
  static base::Result<std::unique_ptr<Worker>> start(const WorkerContext& context,
                                                     const std::vector<std::string>& argv,
                                                     const std::vector<std::string>& env);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  pid_t pid() const { return pid_; }
  bool ended() const { return ended_; }
  bool crashed() const { return ended_ && !killed_; }  // its end was nobody's wish
  bool hasServed() const { return hasServed_; }        // a call was started in it

  // Sends the `/v1/init` body; `forks` says that it makes the worker a zygote.
  void load(const std::shared_ptr<const std::string>& body, bool forks);
  bool forks() const { return children_ != nullptr; }

  // Starts a call; `input` belongs to `owner`. The caller flush()es after the last of a few. `slice` holds
  // for a zygote's children: children.h.
  void startCall(std::uint32_t call, std::string head, std::string_view input,
                 std::shared_ptr<const void> owner, base::Duration slice);
  void flush();
  void cancelCall(std::uint32_t call);  // tells it
  // Ends a call without an outcome: kills its process, or leaves its thread behind.
  void abandonCall(std::uint32_t call);

  // The worker's own word that its event loop does not turn: which call holds it up, 0 where it cannot tell.
  std::optional<std::uint32_t> heldUpBy() const { return heldUpBy_; }
  // Sends a Ping; `done` is called once, unless the worker ends or is destroyed before.
  void ask(std::function<void(bool answers)> done);

  std::size_t living() const { return running_.size(); }              // calls that still get an outcome
  std::size_t abandonedThreads() const { return abandoned_.size(); }  // 0 for a zygote
  void kill();                                                        // onEnded comes when it is gone

 private:
  friend class Children;

  Worker(const WorkerContext& context, Spawned spawned);
  void onFrame(protocol::InFrame& frame);
  void onLoadedFrame(const protocol::InFrame& frame);
  void onResult(protocol::InFrame& frame);
  void onLog(const protocol::InFrame& frame);
  void onText(protocol::Stream stream, std::string_view text);
  void onClosed(const std::string& reason);
  void onExit(int status);
  void onHeldUp(const protocol::InFrame& frame);
  void onPing(bool answered);
  void breakOff(const std::string& reason);  // for a peer that cannot be trusted any more
  void readOutput();
  void afterFrames();
  void finish(std::uint32_t call, const Outcome& outcome);
  std::string howEnded(int status) { return context_.reaper.describe(status); }

  WorkerContext context_;
  pid_t pid_;
  std::unique_ptr<Channel> channel_;
  OutputPipe output_;
  OutputPipe errorOutput_;
  std::unique_ptr<Children> children_;
  std::map<std::uint32_t, bool> running_;  // call -> told to end
  std::set<std::uint32_t> abandoned_;
  std::optional<std::uint32_t> heldUpBy_;
  std::vector<std::function<void(bool)>> asked_;
  base::TimerId answerTimer_ = 0;
  bool hasServed_ = false;
  bool killed_ = false;
  bool saidHello_ = false;
  bool ended_ = false;
  std::string brokenBecause_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace faasbatch::supervisor
