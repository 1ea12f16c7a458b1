#include "cli/check/judge.h"

#include "cli/check/field.h"

namespace faasbatch::cli {
namespace {

Part judgeApiServer(const Facts& facts) {
  const std::string name = "kubernetes";
  if (!facts.version) return Part::wrong(name, "", describe(facts.version.error()));
  std::string text = "context " + (facts.context.empty() ? "?" : facts.context);
  if (facts.caller) return Part::ok(name, *facts.version, text + ", you are " + *facts.caller);
  if (facts.caller.error().status != 401) return Part::ok(name, *facts.version, text);
  return Part::wrong(name, *facts.version, describe(facts.caller.error()));
}

Part judgeWorkflow(const kube::Object& workflow) {
  const std::string name = "functionworkflow/" + workflow.key.describe();
  const std::string_view ready = conditionOf(workflow.json, "Ready");
  const std::string hint =
      " (kubectl -n " + workflow.key.nameSpace + " describe fwf " + workflow.key.name + ")";
  if (textAt(ready, {"type"}).empty()) {
    return Part::wrong(name, "", "nobody has looked at it: does an operator lead?" + hint);
  }
  // What stands in the way is in the first condition that is not met.
  for (const std::string_view type : {"Accepted", "Placed", "Ready"}) {
    const std::string_view condition = conditionOf(workflow.json, type);
    if (textAt(condition, {"status"}) == "True") continue;
    return Part::wrong(name, "",
                       textAt(condition, {"reason"}) + ": " + textAt(condition, {"message"}) + hint);
  }
  const std::int64_t seen = numberAt(workflow.json, {"status", "observedGeneration"});
  if (seen >= workflow.generation) return Part::ok(name, "", "Ready");
  return Part::wrong(name, "",
                     "generation " + std::to_string(workflow.generation) +
                         " has not been looked at: does an operator lead?" + hint);
}

}  // namespace

AgentSetup readAgentSetup(const kube::Object& daemonSet) {
  AgentSetup setup;
  const std::string_view pod = json::at(daemonSet.json, {"spec", "template", "spec"}).value_or("{}");
  setup.redisImage = textAt(itemWith(pod, {"containers"}, "name", cluster::kRedisContainer), {"image"});
  setup.couchdbSecret = textAt(itemWith(pod, {"volumes"}, "name", "couchdb"), {"secret", "secretName"});
  constexpr std::string_view kFlag = "--gateway-tls-secret=";
  for (const std::string_view container : itemsAt(pod, {"containers"})) {
    for (const std::string_view argument : itemsAt(container, {"args"})) {
      const std::string text = json::asString(argument).value_or("");
      if (text.starts_with(kFlag)) setup.gatewaySecret = text.substr(kFlag.size());
    }
  }
  return setup;
}

bool isEnding(const Facts& facts, const std::string& nameSpace) {
  return facts.endingNamespaces && std::ranges::any_of(*facts.endingNamespaces, [&](const kube::Object& o) {
           return o.key.name == nameSpace;
         });
}

Parts judgeAccess(const Facts& facts) {
  Parts parts;
  for (const Permission& permission : facts.permissions) {
    std::string name = "access/" + permission.verb + "-" + permission.resource;
    if (!permission.name.empty()) name += "/" + permission.name;
    const std::string where = "in namespace " + permission.nameSpace;
    if (!permission.allowed) {
      parts.push_back(
          unread(name, permission.allowed.error(), "your API server has no SelfSubjectAccessReview"));
    } else if (*permission.allowed) {
      parts.push_back(Part::ok(name, "", where));
    } else {
      parts.push_back(Part::wrong(name, "", "you may not " + where + ": " + permission.remedy));
    }
  }
  return parts;
}

Parts judgeWorkflows(const Facts& facts) {
  if (!facts.workflows) return {unread("functionworkflows", facts.workflows.error(), kInstallChart)};
  Parts parts;
  std::size_t ready = 0;
  std::size_t counted = 0;
  for (const kube::Object& workflow : *facts.workflows) {
    if (isEnding(facts, workflow.key.nameSpace)) continue;
    ++counted;
    Part part = judgeWorkflow(workflow);
    ready += part.state == Part::State::kOk ? 1 : 0;
    if (part.state != Part::State::kOk) parts.push_back(std::move(part));
  }
  const std::string where = facts.allNamespaces ? "" : " in namespace " + facts.workflowNamespace;
  const std::string text = std::to_string(ready) + " of " + std::to_string(counted) + " Ready" + where;
  parts.insert(parts.begin(),
               Part{"functionworkflows", "", parts.empty() ? Part::State::kOk : Part::State::kWrong,
                    parts.empty() ? text : text + "; see those below"});
  return parts;
}

Parts judge(const Facts& facts) {
  Parts all{judgeApiServer(facts)};
  if (anyWrong(all)) return all;
  for (const auto part :
       {judgeOperator, judgeGateway, judgeAgents, judgeShared, judgeAccess, judgeWorkflows}) {
    for (Part& one : part(facts)) all.push_back(std::move(one));
  }
  return all;
}

}  // namespace faasbatch::cli
