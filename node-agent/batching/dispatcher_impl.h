// The dispatcher's shell: it sees what the policies decide on, and does what they decide, once a turn of the
// loop.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "node-agent/batching/alone.h"
#include "node-agent/batching/deadline_heap.h"
#include "node-agent/batching/dispatcher.h"
#include "node-agent/batching/record.h"
#include "node-agent/batching/time_slice.h"
#include "node-agent/pods/pool.h"

namespace faasbatch::batching {

struct KeyHash {
  std::size_t operator()(const calls::FunctionKey& key) const {
    const std::hash<std::string> hash;
    return hash(key.function) ^ (hash(key.workflow) * 31) ^ (hash(key.nameSpace) * 961);
  }
};

class DispatcherImpl final : public Dispatcher, private pods::PoolListener, private BatchOwner {
 public:
  DispatcherImpl(net::EventLoop& loop, pods::Provider& provider, telemetry::Registry& metrics,
                 Options options);
  ~DispatcherImpl() override;

  void apply(const calls::FunctionKey& key, workflow::FunctionSpec spec) override;
  void remove(const calls::FunctionKey& key) override;
  void adoptPods(std::move_only_function<void()> done) override { pool_.adopt(std::move(done)); }
  base::Result<void> submit(const calls::FunctionKey& key, calls::Call call, CallObserver observer) override;
  void cancel(calls::CallId call, base::Duration grace) override;
  std::string waitsFor(calls::CallId call) const override;
  void whyEnded(const std::string& pod, std::move_only_function<void(std::string)> done) override {
    pool_.whyEnded(pod, std::move(done));
  }
  std::optional<bool> servesStore(const std::string& pod, std::string_view prefix) const override {
    return pool_.servesStore(pod, prefix);
  }
  std::vector<FunctionStatus> status() const override;
  void shutdown(std::move_only_function<void()> done) override;

 private:
  using Outcome = std::expected<base::Payload, calls::CallError>;
  using Records = std::unordered_map<calls::CallId, Record>;

  // A call that has ended, whose observer is told at the end of the turn.
  struct Ended {
    Records::node_type record;
    calls::CallError error;
  };

  void podsChanged(pods::FunctionPods& function) override;
  void podStarted(pods::FunctionPods& function, base::Duration took) override;
  void startFailed(pods::FunctionPods& function) override;

  bool resultOf(Batch& batch, pods::ResultLine line) override;
  bool logsOf(Batch& batch, pods::LogsLine line) override;
  void endOf(Batch& batch, base::Result<void> end) override;

  // The turn (turn.cpp).
  void touch(Function& function);  // something that its policy sees has changed
  void scheduleTurn();
  void turn();
  void step(Function& function);
  void act(Function& function, const Decision& decision, const AloneDecision& alone,
           const std::vector<pods::Pod*>& pods);
  void send(Function& function, pods::Pod& pod, std::uint32_t calls);
  void sendAlone(Function& function, pods::Pod& pod);
  std::vector<Record*> take(Function& function, std::uint32_t calls);
  void sendBatch(Function& function, pods::Pod& pod, const std::vector<Record*>& records, bool alone);
  std::string load(Function& function, Batch& batch, const std::vector<Record*>& records);
  void start(Function& function, Record& record, Batch& batch);
  void wakeAt(Function& function, base::Instant when);
  void tellCancelled();
  void tellEnded();
  bool eraseIfDone(Function& function);

  // Ends of calls (results.cpp).
  void expire();
  void armDeadline();
  void giveUp(Record& record, calls::CallError error);  // running
  void unqueue(Record& record);
  void endQueued(Record& record, calls::CallError error);  // its observer is told at the end of the turn
  void endAllQueued(Function& function, const calls::CallError& error);
  void finish(Records::node_type node, Outcome outcome, const pods::ResultLine* line);
  void learn(Function& function, const pods::ResultLine& line);

  net::EventLoop& loop_;
  telemetry::Registry& registry_;
  Options options_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unordered_map<calls::FunctionKey, std::unique_ptr<Function>, KeyHash> functions_;
  Records records_;
  std::size_t queued_ = 0;
  DeadlineHeap<Record> deadlines_;
  base::TimerId deadlineTimer_ = 0;
  base::Instant deadlineTime_ = base::Instant::never();
  std::unordered_map<Batch*, std::unique_ptr<Batch>> batches_;
  std::vector<Function*> dirty_;
  std::vector<Ended> ended_;
  std::vector<std::pair<calls::CallId, base::Duration>> cancels_;
  TimeSlice slice_{std::thread::hardware_concurrency()};  // of all functions that have slices
  bool turnScheduled_ = false;
  bool shuttingDown_ = false;
  std::unique_ptr<sources::Sources> ownSources_;
  pods::Pool pool_;  // last: it goes first, and its pods with it
};

}  // namespace faasbatch::batching
