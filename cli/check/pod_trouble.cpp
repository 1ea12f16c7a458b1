#include "cli/check/field.h"

namespace faasbatch::cli {
namespace {

std::string join(const std::string& reason, const std::string& message) {
  return message.empty() ? reason : reason + ": " + message;
}

std::string containerTrouble(std::string_view status) {
  const std::string name = "container " + textAt(status, {"name"});
  const std::string waiting = textAt(status, {"state", "waiting", "reason"});
  if (waiting == "CrashLoopBackOff") {
    const std::string last = textAt(status, {"lastState", "terminated", "reason"});
    return name + " crashes again and again (last " + (last.empty() ? "?" : last) + ", exit code " +
           std::to_string(numberAt(status, {"lastState", "terminated", "exitCode"})) + ")";
  }
  if (!waiting.empty() && waiting != "ContainerCreating" && waiting != "PodInitializing") {
    return name + " " + join(waiting, textAt(status, {"state", "waiting", "message"}));
  }
  const std::string ended = textAt(status, {"state", "terminated", "reason"});
  if (!ended.empty() && ended != "Completed") {
    return name + " has ended: " + join(ended, textAt(status, {"state", "terminated", "message"}));
  }
  return {};
}

}  // namespace

bool podReady(const kube::Object& pod) {
  return !pod.deleting && textAt(conditionOf(pod.json, "Ready"), {"status"}) == "True";
}

std::string podTrouble(const kube::Object& pod) {
  if (podReady(pod)) return {};
  if (pod.deleting) return "is being deleted";
  if (const auto scheduled = conditionOf(pod.json, "PodScheduled");
      textAt(scheduled, {"status"}) == "False") {
    return "has no node: " + textAt(scheduled, {"message"});
  }
  for (const std::string_view list : {"initContainerStatuses", "containerStatuses"}) {
    for (const std::string_view status : itemsAt(pod.json, {"status", list})) {
      if (std::string trouble = containerTrouble(status); !trouble.empty()) return trouble;
    }
  }
  const std::string reason = textAt(pod.json, {"status", "reason"});
  if (!reason.empty()) return join(reason, textAt(pod.json, {"status", "message"}));
  return "is not ready (" +
         join("phase " + textAt(pod.json, {"status", "phase"}),
              textAt(conditionOf(pod.json, "Ready"), {"message"})) +
         ")";
}

std::string firstTrouble(const std::vector<kube::Object>& pods) {
  for (const kube::Object& pod : pods) {
    if (std::string trouble = podTrouble(pod); !trouble.empty())
      return "pod " + pod.key.name + ": " + trouble;
  }
  return {};
}

}  // namespace faasbatch::cli
