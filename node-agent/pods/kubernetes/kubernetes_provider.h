// Pods of a Kubernetes node: made for it without the scheduler, kept when the agent goes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/net/loop.h"
#include "node-agent/pods/kubernetes/pod_api.h"
#include "node-agent/pods/kubernetes/pod_life.h"
#include "node-agent/pods/kubernetes/pod_manifest.h"
#include "node-agent/pods/provider.h"

namespace faasbatch::pods {

struct KubernetesOptions {
  PodSettings settings;
  std::string secret;                                  // of the agents: what pods' tokens are made with
  base::Duration adoptTime = std::chrono::seconds(3);  // for a pod of an earlier agent to answer
  base::Duration whyTime = kWhyTime;
  base::Duration warningEvery = kWarningEvery;
  base::Duration stuckAfter = kStuckAfter;
  base::Duration retryMax = std::chrono::seconds(5);  // between attempts while the API server is away
};

// Whose pod it is to be: the FunctionWorkflow that its function is part of, the Node where it is generic;
// nothing where that is no more, or not known yet.
using OwnerOf = std::function<std::optional<kube::ObjectReference>(const PodRequest&)>;

// HMAC-SHA256(secret, "NAMESPACE/NAME" of the pod): what callers of the pod's runtime show.
std::string podToken(const std::string& secret, const kube::ObjectKey& pod);

// Every pod on the node with this agent's labels is one that the provider was asked for, or is deleted: none
// is left over, whatever got lost on the way. Names of pods are unique on a node: another pod that has the
// name of one that is known, in another namespace, is nobody's of ours and left alone. shutdown() lets go of
// all of them, for the next agent to adopt. `api` must outlive it.
std::unique_ptr<Provider> makeKubernetesProvider(net::EventLoop& loop, PodApi& api, KubernetesOptions options,
                                                 OwnerOf ownerOf);

}  // namespace faasbatch::pods
