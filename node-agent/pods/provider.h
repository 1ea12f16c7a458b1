// Where pods come from: local processes on one machine (process/), Kubernetes pods (kubernetes/). Nothing
// above this header may assume that a pod is a process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/net/endpoint.h"
#include "lib/workflow/function.h"
#include "node-agent/calls/call.h"

namespace faasbatch::pods {

// The generic pods that are alike: each can become a pod of any function that uses this stock.
struct Stock {
  std::string nameSpace;  // empty: of all namespaces
  workflow::Runtime runtime = workflow::Runtime::kPython;
  friend auto operator<=>(const Stock&, const Stock&) = default;
};

// What is asked for. A generic pod has no function yet: `key` and `spec` are nullptr, and it is specialised
// over the runtime contract.
struct PodRequest {
  std::string name;       // unique, a DNS label
  std::string nameSpace;  // of the function, or of the stock
  workflow::Runtime runtime = workflow::Runtime::kPython;
  const calls::FunctionKey* key = nullptr;
  const workflow::FunctionSpec* spec = nullptr;
};

struct PodEndpoint {
  net::Endpoint endpoint;
  std::string token;  // bearer token of the pod; may be empty
};

// What a cut connection hides is known as soon as the node has said how the pod's container ended.
inline constexpr base::Duration kWhyTime = std::chrono::seconds(3);

inline constexpr std::size_t kMaxPodPrefix = 52;  // with what follows it is a DNS label

// A pod that was there before this agent was, whose runtime answers.
struct FoundPod {
  std::string name;
  PodEndpoint endpoint;
  std::optional<Stock> stock;  // of a generic one
  std::string function;        // FunctionKey::describe() of what it has loaded; empty: a generic one
  std::string digest;          // of that function
  std::string made;            // see Provider::makeOf()
};

// Loop thread only; callbacks too.
class Provider {
 public:
  virtual ~Provider() = default;

  // Which generic pods the function can use; nothing: it needs pods that are made for it.
  virtual std::optional<Stock> stockFor(const calls::FunctionKey& key,
                                        const workflow::FunctionSpec& spec) const {
    static_cast<void>(key);
    if (spec.runtime == workflow::Runtime::kContainer) return std::nullopt;
    return Stock{.nameSpace = {}, .runtime = spec.runtime};
  }

  // Starts a pod. `ready` is called once: with the endpoint when the pod's runtime answers, or with why not
  // ("NodeFull" where room may come as soon as another pod goes; "NoCapacity", "PodLost", or "LoadFailed" for
  // a function that this provider can never run). `gone` is
  // called once, after ready, when a pod that was ready ends for whatever reason (also after destroy()).
  // Neither is called from inside create() or destroy(), nor after the provider has been destroyed.
  virtual void create(const PodRequest& request,
                      std::move_only_function<void(base::Result<PodEndpoint>)> ready,
                      std::move_only_function<void(std::string reason)> gone) = 0;

  // Tells apart what pods of such a request are made from today. Pods that were made from something else are
  // not adopted.
  virtual std::string makeOf(const PodRequest& request) const {
    static_cast<void>(request);
    return {};
  }

  // What a pod that was asked for and is not ready yet waits for, in a few words; empty where that is not
  // known.
  virtual std::string waitsFor(const std::string& name) const {
    static_cast<void>(name);
    return {};
  }

  // Calls `done` once with why a pod ended by no doing of ours, in a few words ("OOMKilled (exit code 137)"),
  // as soon as that is known; with nothing where it is not within kWhyTime, or never will be. May be called
  // from inside, and after the pod has been destroyed.
  virtual void whyEnded(const std::string& name, std::move_only_function<void(std::string)> done) {
    static_cast<void>(name);
    done({});
  }

  // What the name of such a pod begins with: a DNS label of at most kMaxPodPrefix characters.
  virtual std::string namePrefix(const PodRequest& request) const {
    static_cast<void>(request);
    return "pod";
  }

  // `handler` hears of pods that somebody else has asked to end: their calls may end, new ones would not.
  // Once a pod, after `ready` and before `gone`. Set before the first create().
  virtual void onLeaving(std::function<void(const std::string& name, const std::string& reason)> handler) {
    static_cast<void>(handler);
  }

  // Calls `done` once with the pods that are left of an earlier agent; those that are of no use whatever is
  // served have been ended. The caller adopts or destroys each. Not from inside the call.
  virtual void discover(std::move_only_function<void(std::vector<FoundPod>)> done) = 0;
  // The pod is this agent's from now on; `gone` as for create(). Never from inside the call.
  virtual void adopt(const std::string& name, std::move_only_function<void(std::string reason)> gone) = 0;

  // A generic pod has become one of the function: for those who look at pods from outside.
  virtual void specialised(const std::string& name, const calls::FunctionKey& key,
                           const workflow::FunctionSpec& spec) {
    static_cast<void>(name), static_cast<void>(key), static_cast<void>(spec);
  }

  // Asks a pod to end; by force after a grace, or at once. One that is not ready yet ends at once, its
  // `ready` is told "PodLost". Unknown names are ignored.
  virtual void destroy(const std::string& name, bool force) = 0;

  // Calls `done` when no pod is left, or where pods outlive their agent, when it has let go of them.
  virtual void shutdown(std::move_only_function<void()> done) = 0;
};

}  // namespace faasbatch::pods
