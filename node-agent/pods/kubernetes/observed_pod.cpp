#include "node-agent/pods/kubernetes/observed_pod.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "lib/cluster/names.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "node-agent/calls/call.h"

namespace faasbatch::pods {
namespace {

using Phase = ObservedPod::Phase;

constexpr std::array kPhases{std::pair("Pending", Phase::kPending), std::pair("Running", Phase::kRunning),
                             std::pair("Succeeded", Phase::kSucceeded), std::pair("Failed", Phase::kFailed)};

std::string textAt(std::string_view json, std::initializer_list<std::string_view> path) {
  const auto raw = json::at(json, path);
  return raw ? json::asString(*raw).value_or("") : "";
}

std::int64_t numberAt(std::string_view json, std::initializer_list<std::string_view> path) {
  const auto raw = json::at(json, path);
  return raw ? json::asInt(*raw).value_or(0) : 0;
}

Phase phaseOf(std::string_view name) {
  for (const auto& [word, phase] : kPhases) {
    if (name == word) return phase;
  }
  return name.empty() ? Phase::kPending : Phase::kUnknown;
}

// Function pods have one container; sidecars that a webhook put in do not matter.
void observeContainer(std::string_view status, ObservedPod& pod) {
  if (json::at(status, {"state", "waiting"})) {
    pod.waiting = {.reason = textAt(status, {"state", "waiting", "reason"}),
                   .message = textAt(status, {"state", "waiting", "message"})};
  }
  if (json::at(status, {"state", "terminated"})) {
    pod.terminated = {.reason = textAt(status, {"state", "terminated", "reason"}),
                      .message = textAt(status, {"state", "terminated", "message"}),
                      .exitCode = numberAt(status, {"state", "terminated", "exitCode"}),
                      .signal = numberAt(status, {"state", "terminated", "signal"})};
  }
}

template <class Visit>
void forEachAt(std::string_view json, std::initializer_list<std::string_view> path, Visit visit) {
  const auto raw = json::at(json, path);
  const auto items = raw ? json::elements(*raw) : base::fail("InvalidJson", "");
  if (!items) return;
  for (const std::string_view item : *items) visit(item);
}

}  // namespace

ObservedPod observePod(const kube::Object& object) {
  ObservedPod pod{.key = object.key, .uid = object.uid, .deleting = object.deleting};
  const std::string_view json = object.json;
  const std::string_view status = json::at(json, {"status"}).value_or("{}");
  pod.phase = phaseOf(textAt(status, {"phase"}));
  pod.address = textAt(status, {"podIP"});
  pod.reason = textAt(status, {"reason"});
  pod.message = textAt(status, {"message"});
  forEachAt(status, {"conditions"}, [&pod](std::string_view condition) {
    if (textAt(condition, {"type"}) != "DisruptionTarget" || textAt(condition, {"status"}) != "True") return;
    pod.disruption = textAt(condition, {"reason"});
    const std::string message = textAt(condition, {"message"});
    if (!message.empty()) pod.disruption += ": " + message;
  });
  forEachAt(status, {"containerStatuses"}, [&pod](std::string_view container) {
    if (textAt(container, {"name"}) == cluster::kRuntimeContainer) observeContainer(container, pod);
  });
  const std::string_view metadata = json::at(json, {"metadata"}).value_or("{}");
  pod.runtime = textAt(metadata, {"labels", cluster::kRuntimeLabel});
  pod.generic = textAt(metadata, {"labels", cluster::kPoolLabel}) == "generic";
  pod.workflow = textAt(metadata, {"labels", cluster::kWorkflowLabel});
  pod.function = textAt(metadata, {"labels", cluster::kFunctionLabel});
  pod.made = textAt(metadata, {"annotations", cluster::kTemplateAnnotation});
  return pod;
}

bool mayHaveLoaded(const ObservedPod& pod, std::string_view function) {
  const std::size_t first = function.find('/');
  const std::size_t last = function.rfind('/');
  if (first == function.npos || first == last || pod.generic) return false;
  const calls::FunctionKey key{.nameSpace = std::string(function.substr(0, first)),
                               .workflow = std::string(function.substr(first + 1, last - first - 1)),
                               .function = std::string(function.substr(last + 1))};
  return key.nameSpace == pod.key.nameSpace && cluster::labelValue(key.workflowName()) == pod.workflow &&
         cluster::labelValue(key.function) == pod.function;
}

std::string whyEndedByItself(const ObservedPod& pod) {
  constexpr std::array kAsked{0, 128 + SIGKILL, 128 + SIGTERM};
  if (!pod.reason.empty() || !pod.disruption.empty()) return whyEnded(pod);
  if (!pod.terminated) return {};
  const ObservedPod::Terminated& end = *pod.terminated;
  const bool asked = std::ranges::find(kAsked, end.exitCode) != kAsked.end();
  return asked && end.reason != "OOMKilled" ? "" : whyEnded(pod);
}

std::string whyEnded(const ObservedPod& pod) {
  if (!pod.reason.empty()) return pod.message.empty() ? pod.reason : pod.reason + ": " + pod.message;
  if (pod.terminated) {
    const ObservedPod::Terminated& end = *pod.terminated;
    std::string text = end.reason.empty() ? "ended" : end.reason;
    text += end.signal != 0 ? " (signal " + std::to_string(end.signal) + ")"
                            : " (exit code " + std::to_string(end.exitCode) + ")";
    return end.message.empty() ? text : text + ": " + end.message;
  }
  if (!pod.disruption.empty()) return pod.disruption;
  return pod.deleting ? "it was deleted" : "it ended";
}

}  // namespace faasbatch::pods
