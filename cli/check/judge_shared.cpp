#include <set>

#include "cli/check/field.h"
#include "cli/check/judge.h"

namespace faasbatch::cli {
namespace {

constexpr const char* kAgentPolicy = "faasbatch-agent";
constexpr const char* kOperatorPolicy = "faasbatch-operator";
constexpr const char* kCouchdbPolicy = "faasbatch-couchdb";

Part judgeCouchdb(const Facts& facts) {
  const std::string own(cluster::kCouchdbStatefulSet);
  const std::string name = "statefulset/" + own;
  if (facts.couchdb) {
    const std::string& json = facts.couchdb->json;
    const auto containers = itemsAt(json, {"spec", "template", "spec", "containers"});
    const std::string version = containers.empty() ? "" : tagOf(textAt(containers.front(), {"image"}));
    if (numberAt(json, {"status", "readyReplicas"}) > 0) return Part::ok(name, version, "ready");
    return Part::wrong(name, version,
                       "is not ready: outputs for other nodes cannot be stored (kubectl -n " +
                           facts.nameSpace + " describe pod " + own + "-0)");
  }
  if (facts.couchdb.error().status != 404) return unread(name, facts.couchdb.error(), kInstallChart);
  const auto setup = facts.daemonSet ? readAgentSetup(*facts.daemonSet) : AgentSetup{};
  if (setup.couchdbSecret.empty()) return Part::ok("couchdb", "", "not used (stores.couchdb.enabled)");
  if (setup.couchdbSecret == own) return unread(name, facts.couchdb.error(), kInstallChart);
  const std::string secret = "secret/" + setup.couchdbSecret;
  if (facts.couchdbSecret) return Part::ok("couchdb", "", "external, by " + secret);
  return unread(secret, facts.couchdbSecret.error(),
                "it has the URL of the external CouchDB; agents cannot start");
}

Part judgePeers(const Facts& facts) {
  const std::string name = "secret/" + std::string(cluster::kPeerSecret);
  if (!facts.peers)
    return unread(name, facts.peers.error(), std::string("agents cannot start; ") + kInstallChart);
  return Part::ok(name, "", "there");
}

Parts judgePolicies(const Facts& facts) {
  if (!facts.policies) return {unread("networkpolicies", facts.policies.error(), kInstallChart)};
  const auto has = [&](const char* name) {
    return std::ranges::any_of(*facts.policies, [&](const kube::Object& o) { return o.key.name == name; });
  };
  std::vector<const char*> wanted{kAgentPolicy, kOperatorPolicy};
  if (std::ranges::none_of(wanted, has)) {
    return {Part::ok("networkpolicies", "",
                     "off (networkPolicy.enabled): every pod reaches agents and functions")};
  }
  if (facts.couchdb) wanted.push_back(kCouchdbPolicy);
  Parts parts;
  for (const char* name : wanted) {
    const std::string full = "networkpolicy/" + std::string(name);
    parts.push_back(has(name) ? Part::ok(full, "", "there")
                              : Part::wrong(full, "", std::string("is missing: ") + kInstallChart));
  }
  return parts;
}

// The operator keeps one in every namespace that has workflows.
Parts judgeFunctionPolicies(const Facts& facts) {
  const bool off = !facts.policies || std::ranges::none_of(*facts.policies, [](const kube::Object& o) {
    return o.key.name == kOperatorPolicy;
  });
  if (off || !facts.workflows || !facts.functionPolicies) return {};
  std::set<std::string> bare;
  for (const kube::Object& workflow : *facts.workflows) bare.insert(workflow.key.nameSpace);
  for (const kube::Object& policy : *facts.functionPolicies) bare.erase(policy.key.nameSpace);
  std::erase_if(bare, [&](const std::string& nameSpace) { return isEnding(facts, nameSpace); });
  Parts parts;
  for (const std::string& nameSpace : bare) {
    parts.push_back(Part::wrong(
        "networkpolicy/" + std::string(cluster::kFunctionPolicy), "",
        "is missing in namespace " + nameSpace +
            ", whose function pods anybody reaches: the leading operator makes it; see its logs"));
  }
  return parts;
}

}  // namespace

Parts judgeShared(const Facts& facts) {
  Parts parts{judgeCouchdb(facts), judgePeers(facts)};
  for (Part& part : judgePolicies(facts)) parts.push_back(std::move(part));
  for (Part& part : judgeFunctionPolicies(facts)) parts.push_back(std::move(part));
  return parts;
}

}  // namespace faasbatch::cli
