// All pods of the agent: starts, specialises, reuses and ends them. What to do is decided in pool_decide.h.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/net/loop.h"
#include "lib/telemetry/metrics.h"
#include "node-agent/pods/batch_request.h"
#include "node-agent/pods/pod.h"
#include "node-agent/pods/pool_metrics.h"
#include "node-agent/pods/provider.h"
#include "node-agent/sources/sources.h"

namespace faasbatch::pods {

class PoolListener {
 public:
  virtual ~PoolListener() = default;
  // A pod of the function got ready, or was lost, or room has come for one.
  virtual void podsChanged(FunctionPods& function) = 0;
  // How long calls waited for a pod that is ready now.
  virtual void podStarted(FunctionPods& function, base::Duration took) = 0;
  // No pod can be had, and the function has none: `function.failure` says why. May come from inside want().
  virtual void startFailed(FunctionPods& function) = 0;
};

struct PoolOptions {
  std::size_t maxPods = 64;
  base::Duration podStartTime = std::chrono::seconds(30);
  LoadTimes loadTimes;
  sources::Sources* sources = nullptr;  // required; outlives the pool
  base::Duration quarantineGrace = std::chrono::seconds(5);
  StoreAddress store;
  // What a pod of the function shows to that store; may be empty.
  std::function<std::string(const std::string& pod, const calls::FunctionKey& key)> storeToken;
  bool genericPods = false;       // one is kept warm of each stock that a function uses, and of these:
  std::vector<Stock> alwaysWarm;  // without a function, too
  bool adopts = false;            // no pod is made before adopt() is through
};

// Loop thread only. Destroying it forgets all pods, without callbacks: their provider ends or leaves them.
class Pool {
 public:
  // A generic pod that was taken is replaced this long after the pod is warm: not at the cost of the call
  // that took it.
  static constexpr base::Duration kReplenishDelay = std::chrono::milliseconds(30);
  // A function that could not load, or a pod that could not start, is tried again after this at the earliest.
  static constexpr base::Duration kStartBackoff = std::chrono::seconds(1);
  static constexpr base::Duration kMaxStartBackoff = std::chrono::seconds(60);  // where only minWarm asks
  // After a node had no room for a pod ("NodeFull"), it is thought to hold no more than it does for this
  // long.
  static constexpr base::Duration kNodeFullFor = std::chrono::seconds(10);
  static constexpr std::uint32_t kMaxLossesInARow =
      3;  // pods lost before they were ready; then the calls are told

  Pool(net::EventLoop& loop, Provider& provider, telemetry::Registry& metrics, PoolOptions options,
       PoolListener& listener);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Takes over pods of an earlier agent that are of use to the functions known now, ends the others; then
  // `done`, and pods are made where they are wanted.
  void adopt(std::move_only_function<void()> done);

  // The function is new, or has another spec: pods of another digest drain, minWarm holds from now on.
  void apply(FunctionPods& function);
  // Idle pods end at once, the others when their calls have ended.
  void drain(FunctionPods& function);

  // The owner is about to destroy the function, which has no pods.
  void forget(FunctionPods& function);

  // Starts pods until the function has `pods`, as far as the bounds let it (podsChanged tells when to ask
  // again).
  void want(FunctionPods& function, std::size_t pods);

  // `alone`: nothing else runs in the pod, nor will while they do.
  void callsBegan(Pod& pod, std::uint32_t calls, bool alone = false);
  void callsEnded(Pod& pod, std::uint32_t calls);

  // Conduct of a pod: each may quarantine it.
  void brokeContract(Pod& pod, std::string_view why);
  void overdue(Pod& pod);
  void crashed(Pod& pod);
  void didWell(Pod& pod) { pod.conduct.crashesInARow = 0; }
  void askStatus(Pod& pod);  // whether it wants to be recycled

  // What keeps the function's next pod: "pod NAME: ErrImagePull: ...", or that there is no room, or that all
  // it has are busy; and how the last one that it was to get was lost.
  std::string waitsFor(const FunctionPods& function) const;

  // See Provider::whyEnded().
  void whyEnded(const std::string& pod, std::move_only_function<void(std::string)> done) {
    provider_.whyEnded(pod, std::move(done));
  }

  // Whether a pod of that name is here, or is leaving, whose function's keys in the store begin with
  // `prefix`. Nothing: that is not known before adopt() is through.
  std::optional<bool> servesStore(const std::string& pod, std::string_view prefix) const;

  std::size_t size() const { return pods_.size(); }
  void shutdown(std::move_only_function<void()> done);

 private:
  Pod* find(const std::string& name);
  void move(Pod& pod, PodEvent event);
  void create(FunctionPods* function, std::size_t stock);
  void takeOver(FoundPod found, FunctionPods* function, std::size_t stock);
  void onDiscovered(std::vector<FoundPod> found);
  FunctionPods* functionOf(const FoundPod& found);
  StoreAddress storeOf(const Pod& pod) const;
  bool genericToday(const FoundPod& found) const;
  std::size_t stockNumber(const std::optional<Stock>& stock);
  std::vector<std::size_t> wantedStocks() const;
  void assign(Pod& pod, FunctionPods& function);
  void specialise(Pod& pod);
  void onSource(const std::string& name, base::Result<sources::SourceJson> source);
  void onReady(const std::string& name, base::Result<PodEndpoint> result);
  void onLoaded(const std::string& name, std::expected<void, calls::CallError> result);
  void onLeaving(const std::string& name, const std::string& reason);
  void onGone(const std::string& name, const std::string& reason);
  void startLost(FunctionPods& function, calls::CallError error);
  void askForEnd(const std::string& pod, const FunctionPods& function);
  bool roomMayCome(const FunctionPods& function) const;
  std::size_t podBound() const;  // maxPods, or as many as the full node holds
  void startFailed(FunctionPods& function, calls::CallError error);
  void leave(Pod& pod);            // drains it
  void end(Pod& pod, bool force);  // asks the provider
  void remove(Pod& pod);           // it is gone
  void judge(Pod& pod, std::string_view why);
  void roomChanged();
  void keepMinWarm(FunctionPods& function);
  void replenishLater(base::Duration delay);
  void replenish();
  void sweepAt(base::Instant when);
  void sweep();
  std::vector<PodFacts> facts(std::vector<Pod*>& order);
  std::vector<FunctionFacts> functionFacts();

  net::EventLoop& loop_;
  Provider& provider_;
  PoolOptions options_;
  PoolListener& listener_;
  PoolMetrics metrics_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unordered_map<std::string, std::unique_ptr<Pod>> pods_;
  std::vector<std::unique_ptr<Pod>> graveyard_;  // freed once nothing on the stack uses them
  std::vector<FunctionPods*> functions_;
  std::vector<Stock> stocks_;  // all ever seen
  base::TimerId sweepTimer_ = 0;
  base::Instant sweepTime_ = base::Instant::never();
  base::TimerId replenishTimer_ = 0;
  std::uint32_t genericFailures_ = 0;
  std::size_t nodeHolds_ = 0;  // pods, until nodeFullUntil_
  base::Instant nodeFullUntil_;
  bool holding_ = false;  // until adopt() is through
  bool shuttingDown_ = false;
};

}  // namespace faasbatch::pods
