// The Pod object of a function pod. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cluster/names.h"
#include "lib/kube/object.h"
#include "node-agent/pods/provider.h"

namespace faasbatch::pods {

// What all pods of an agent have in common.
struct PodSettings {
  std::string node;
  std::string pythonImage = "faasbatch/runtime-python";
  std::string nativeImage = "faasbatch/runtime-native";
  std::string pullPolicy;                // "Always", "IfNotPresent", "Never"; empty: Kubernetes' default
  std::vector<std::string> pullSecrets;  // names, in the namespace of the pod
  std::string priorityClass;
  // ResourceRequirements of pods whose function names none, as JSON.
  std::string resources = R"({"requests":{"cpu":"50m","memory":"64Mi"},"limits":{"memory":"512Mi"}})";
  std::string tmpSize = "256Mi";  // of the emptyDir at /tmp
  bool tmpInMemory = false;
  std::uint32_t graceSeconds = 30;  // from SIGTERM to SIGKILL: for calls under way
  std::uint16_t port = cluster::kRuntimePort;
};

// Which image a pod of the request has.
const std::string& imageOf(const PodSettings& settings, const PodRequest& request);

// The whole object. On this node at once (spec.nodeName), hardened as the restricted pod security standard
// asks, without a service account's token. `owner` is the FunctionWorkflow, or the Node of a generic pod.
// `tokenDigest` is the SHA-256 (hex) of the token that callers of the runtime must show.
std::string podManifest(const PodSettings& settings, const PodRequest& request,
                        const kube::ObjectReference& owner, std::string_view tokenDigest);

// Tells apart what pods are made from: hex, 16 digits. Equal for pods that differ in name, token, owner,
// labels and tolerations only, so that a generic pod and one made for a function of its stock have the same.
// Also in the manifest, as annotation kTemplateAnnotation.
std::string templateHash(const PodSettings& settings, const PodRequest& request);

// A merge patch that makes a generic pod look like one of the function: labels and annotation.
std::string specialisedPatch(const calls::FunctionKey& key, const workflow::FunctionSpec& spec);

// What names of pods begin with: "order-pay", "python" for a generic one.
std::string podNamePrefix(const PodRequest& request);

// "Python", "Native", "Container", and back.
std::string_view runtimeName(workflow::Runtime runtime);
std::optional<workflow::Runtime> runtimeNamed(std::string_view name);

}  // namespace faasbatch::pods
