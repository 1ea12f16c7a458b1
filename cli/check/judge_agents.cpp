#include "cli/check/field.h"
#include "cli/check/judge.h"

namespace faasbatch::cli {
namespace {

Part judgeDaemonSet(const Facts& facts) {
  const std::string name = "daemonset/" + std::string(cluster::kAgentDaemonSet);
  if (!facts.daemonSet) return unread(name, facts.daemonSet.error(), kInstallChart);
  const std::string& json = facts.daemonSet->json;
  const std::int64_t wanted = numberAt(json, {"status", "desiredNumberScheduled"});
  const std::int64_t ready = numberAt(json, {"status", "numberReady"});
  const std::string text = std::to_string(ready) + " of " + std::to_string(wanted) + " ready";
  if (wanted == 0) {
    return Part::wrong(name, versionLabel(json),
                       "no node is chosen: see agent.nodeSelector and agent.tolerations of the chart");
  }
  if (ready >= wanted) return Part::ok(name, versionLabel(json), text);
  const bool fewer = facts.agentPods && static_cast<std::int64_t>(facts.agentPods->size()) < wanted;
  return Part::wrong(
      name, versionLabel(json),
      text + (fewer ? ": a node has no agent (kubectl -n " + facts.nameSpace + " describe " + name + ")"
                    : "; see the agents below"));
}

// Why the node itself is to blame.
std::string nodeTrouble(const Facts& facts, const std::string& node) {
  if (!facts.nodes) return {};
  for (const kube::Object& object : *facts.nodes) {
    if (object.key.name != node) continue;
    const std::string_view ready = conditionOf(object.json, "Ready");
    if (textAt(ready, {"status"}) == "True") return {};
    return "its node is not Ready: " + textAt(ready, {"message"});
  }
  return "its node is gone";
}

Part judgeAgent(const Facts& facts, const kube::Object& pod) {
  const std::string node = textAt(pod.json, {"spec", "nodeName"});
  const std::string name = "agent/" + (node.empty() ? pod.key.name : node);
  const std::string version = versionLabel(pod.json);
  if (const std::string trouble = nodeTrouble(facts, node); !node.empty() && !trouble.empty())
    return Part::wrong(name, version, trouble);
  if (const std::string trouble = podTrouble(pod); !trouble.empty()) {
    return Part::wrong(
        name, version,
        trouble + " (kubectl -n " + facts.nameSpace + " logs " + pod.key.name + " --all-containers)");
  }
  const std::string wanted = facts.daemonSet ? versionLabel(facts.daemonSet->json) : version;
  if (version != wanted) {
    return Part::wrong(name, version,
                       "is to be " + wanted + ": kubectl -n " + facts.nameSpace +
                           " rollout status daemonset/" + std::string(cluster::kAgentDaemonSet));
  }
  std::int64_t restarts = 0;
  for (const std::string_view status : itemsAt(pod.json, {"status", "containerStatuses"}))
    restarts += numberAt(status, {"restartCount"});
  return Part::ok(name, version,
                  restarts == 0 ? "ready" : "ready, restarted " + std::to_string(restarts) + " times");
}

Part judgeRedis(const kube::Object& pod) {
  const std::string node = textAt(pod.json, {"spec", "nodeName"});
  const std::string name = "redis/" + (node.empty() ? pod.key.name : node);
  const auto container = itemWith(pod.json, {"spec", "containers"}, "name", cluster::kRedisContainer);
  const auto status = itemWith(pod.json, {"status", "containerStatuses"}, "name", cluster::kRedisContainer);
  const std::string image = textAt(container, {"image"});
  if (image.empty()) return Part::wrong(name, "", "the agent's pod has none: it is older than the DaemonSet");
  if (flagAt(status, {"ready"})) return Part::ok(name, tagOf(image), "ready");
  const std::string reason = textAt(status, {"state", "waiting", "reason"});
  return Part::wrong(name, tagOf(image),
                     "is not ready" + (reason.empty() ? "" : ": " + reason) + " (kubectl -n " +
                         pod.key.nameSpace + " logs " + pod.key.name + " -c " +
                         std::string(cluster::kRedisContainer) + ")");
}

}  // namespace

Parts judgeAgents(const Facts& facts) {
  Parts parts{judgeDaemonSet(facts)};
  if (!facts.agentPods) {
    parts.push_back(unread("agents", facts.agentPods.error(), kInstallChart));
    return parts;
  }
  for (const kube::Object& pod : *facts.agentPods) parts.push_back(judgeAgent(facts, pod));
  if (!facts.daemonSet) return parts;
  if (readAgentSetup(*facts.daemonSet).redisImage.empty()) {
    parts.push_back(Part::ok("redis", "", "not used (stores.redis.enabled)"));
    return parts;
  }
  for (const kube::Object& pod : *facts.agentPods) parts.push_back(judgeRedis(pod));
  return parts;
}

}  // namespace faasbatch::cli
