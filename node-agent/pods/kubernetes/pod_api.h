// What the provider of Kubernetes pods needs of the API server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lib/kube/client_thread.h"
#include "lib/kube/error.h"
#include "lib/net/loop.h"
#include "node-agent/pods/kubernetes/observed_pod.h"

namespace faasbatch::pods {

// On the provider's loop, callbacks too: once, never from inside a call, and not after the end of this.
class PodApi {
 public:
  using Done = std::move_only_function<void(kube::Result<void>)>;

  // The function pods of this node, whoever made them.
  struct Watcher {
    std::function<void(ObservedPod)> onSeen;     // there now, or changed
    std::function<void(ObservedPod)> onDeleted;  // as it was last
    std::function<void()> onSynced;              // once: those that are there have been seen
  };

  virtual ~PodApi() = default;
  virtual void watch(Watcher watcher) = 0;  // first, and once
  virtual void create(const std::string& nameSpace, std::string manifest, Done done) = 0;
  virtual void patch(const kube::ObjectKey& key, std::string mergePatch, Done done) = 0;
  virtual void remove(const kube::ObjectKey& key, std::uint32_t graceSeconds, Done done) = 0;
  // The newest warning that the node gave about the pod: "FailedMount: ..."; empty where there is none.
  virtual void lastWarning(const kube::ObjectKey& key, std::move_only_function<void(std::string)> done) = 0;
};

// By way of the thread's client, which must outlive it.
std::unique_ptr<PodApi> makePodApi(net::EventLoop& loop, kube::ClientThread& thread, std::string node);

}  // namespace faasbatch::pods
