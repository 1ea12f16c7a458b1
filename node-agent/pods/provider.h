// Where pods come from: local processes on one machine (process/), Kubernetes pods later (kubernetes/).
// Nothing above this header may assume that a pod is a process.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/net/endpoint.h"
#include "lib/workflow/function.h"

namespace faasbatch::pods {

// What is asked for. A generic pod has no function yet: `spec` is nullptr, and it is specialised over the
// runtime contract.
struct PodRequest {
  std::string name;  // unique, a DNS label
  std::string nameSpace;
  workflow::Runtime runtime = workflow::Runtime::kPython;
  const workflow::FunctionSpec* spec = nullptr;
};

struct PodEndpoint {
  net::Endpoint endpoint;
  std::string token;  // bearer token of the pod; may be empty
};

// Loop thread only; callbacks too.
class Provider {
 public:
  virtual ~Provider() = default;

  // Starts a pod. `ready` is called once: with the endpoint when the pod's runtime answers, or with why not
  // ("NoCapacity", "PodLost", or "LoadFailed" for a function that this provider can never run). `gone` is
  // called once, after ready, when a pod that was ready ends for whatever reason (also after destroy()).
  // Neither is called from inside create() or destroy(), nor after the provider has been destroyed.
  virtual void create(const PodRequest& request,
                      std::move_only_function<void(base::Result<PodEndpoint>)> ready,
                      std::move_only_function<void(std::string reason)> gone) = 0;

  // Asks a pod to end; by force after a grace, or at once. One that is not ready yet ends at once, its
  // `ready` is told "PodLost". Unknown names are ignored.
  virtual void destroy(const std::string& name, bool force) = 0;

  // Calls `done` when no pod is left.
  virtual void shutdown(std::move_only_function<void()> done) = 0;
};

}  // namespace faasbatch::pods
