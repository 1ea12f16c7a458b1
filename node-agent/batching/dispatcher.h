// The way of a call from the engine to a pod and back: one queue per function, the batch policy that empties
// it, and the pool that gives it pods.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/loop.h"
#include "lib/telemetry/metrics.h"
#include "lib/workflow/function.h"
#include "node-agent/calls/call.h"
#include "node-agent/pods/batch_request.h"
#include "node-agent/pods/provider.h"
#include "node-agent/sources/sources.h"

namespace faasbatch::batching {

struct CallObserver {
  std::function<void(const calls::Where&, base::Instant)> onStarted;  // it left the queue, once
  std::function<void(calls::LogLine)> onLog;
  std::function<void(calls::CallResult)> onDone;  // exactly once, never from inside submit()
};

// Pods of the moment, for status and metrics.
struct FunctionStatus {
  calls::FunctionKey key;
  std::size_t queued = 0;
  std::size_t running = 0;
  std::size_t warmPods = 0;
  std::size_t startingPods = 0;
};

// All on the loop's thread. Destroying it ends every call "PodLost"; what
// becomes of the pods is their provider's (a process ends with it).
class Dispatcher {
 public:
  struct Options {
    std::string node = "local";
    std::size_t maxPods = 64;              // of all functions together
    std::size_t maxQueuedCalls = 200'000;  // of all functions together
    std::size_t maxBatchBytes = 16 << 20;  // of one request to a pod (one larger input goes alone)
    base::Duration podStartTime = std::chrono::seconds(30);  // then the pod is given up
    pods::LoadTimes loadTimes;
    sources::Sources* sources = nullptr;  // outlives this; nullptr: of its own, without a cache that lasts
    base::Duration timeoutGrace =
        std::chrono::seconds(5);  // a pod that does not end an overdue call is quarantined
    std::string storeEndpoint;    // what pods get as their store: see docs/runtime-contract.md
    std::string storeKind = "None";
    // What a pod of the function shows to that store; may be empty.
    std::function<std::string(const std::string& pod, const calls::FunctionKey& key)> storeToken;
    bool genericWarmPods = true;  // one generic warm pod of each stock that a function uses, and of these:
    std::vector<pods::Stock> alwaysWarm = {{.nameSpace = {}, .runtime = workflow::Runtime::kPython}};
    bool adopts = false;  // no pod is made before adoptPods() is through
  };

  static std::unique_ptr<Dispatcher> make(net::EventLoop& loop, pods::Provider& provider,
                                          telemetry::Registry& metrics, Options options);
  virtual ~Dispatcher() = default;

  // Makes a function known, or replaces it: pods of another digest get no new calls and end when idle.
  // minWarm holds from now on. Calls queued stay queued.
  virtual void apply(const calls::FunctionKey& key, workflow::FunctionSpec spec) = 0;
  // Ends idle pods at once, the others when their calls have ended; queued calls still run.
  virtual void remove(const calls::FunctionKey& key) = 0;

  // Takes over the pods that an earlier agent left and that are of use to the functions known by now, ends
  // the others; then `done`. Once.
  virtual void adoptPods(std::move_only_function<void()> done) = 0;

  // Error "QueueFull" or "NoCapacity" (the queue of the function, or of the agent, is full), with retryAfter
  // as the message's hint. A call of an unknown function is a programming error and fails with
  // "FunctionNotFound".
  virtual base::Result<void> submit(const calls::FunctionKey& key, calls::Call call,
                                    CallObserver observer) = 0;

  // A queued call ends "Cancelled" at once; a running one is told, and killed after `grace`. Unknown ids are
  // ignored.
  virtual void cancel(calls::CallId call, base::Duration grace) = 0;

  // What a queued call waits for, in a few words: "pod NAME: ErrImagePull: ...". Empty where that is not
  // known, and for ids that are not queued here.
  virtual std::string waitsFor(calls::CallId call) const = 0;

  // Why a pod ended that cut its calls off: see pods::Provider::whyEnded().
  virtual void whyEnded(const std::string& pod, std::move_only_function<void(std::string)> done) = 0;

  // Whether there is a pod of that name for a function whose keys in the store begin with `prefix`. Nothing:
  // that is not known before adoptPods() is through.
  virtual std::optional<bool> servesStore(const std::string& pod, std::string_view prefix) const = 0;

  virtual std::vector<FunctionStatus> status() const = 0;

  // Ends all pods (SIGTERM, then SIGKILL) and calls `done`.
  virtual void shutdown(std::move_only_function<void()> done) = 0;
};

}  // namespace faasbatch::batching
