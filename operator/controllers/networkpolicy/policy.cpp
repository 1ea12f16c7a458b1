#include "operator/controllers/networkpolicy/policy.h"

#include "lib/cluster/names.h"
#include "lib/json/write.h"
#include "lib/kube/resource.h"
#include "lib/tree/yaml.h"

namespace faasbatch::controllers {
namespace {

constexpr std::string_view kKind = "InvalidNetworkPolicy";

std::unexpected<base::Error> refuse(const std::string& why) {
  return base::fail(std::string(kKind), "the network policy of function pods " + why);
}

}  // namespace

base::Result<std::string> policySpec(std::string_view yaml) {
  if (yaml.size() > kMaxPolicyBytes)
    return refuse("is longer than " + std::to_string(kMaxPolicyBytes) + " bytes");
  const auto tree = tree::parseYaml(yaml, tree::kMaxYamlNodes);
  if (!tree) return refuse("is no YAML: " + tree.error().message);
  const tree::Tree* kind = tree->find("kind");
  if (kind != nullptr && kind->text != kube::kNetworkPolicies.kind)
    return refuse("is of kind " + kind->text + ", not NetworkPolicy");
  const tree::Tree* spec = kind == nullptr ? &*tree : tree->find("spec");
  // Without one, or with one for all pods, it would be about pods that are none of ours.
  const tree::Tree* selector = spec != nullptr ? spec->find("podSelector") : nullptr;
  if (selector == nullptr || !selector->isMap() || selector->members.empty())
    return refuse("has no spec.podSelector that selects function pods by their labels");
  return tree::toJson(*spec);
}

std::string policyJson(const std::string& spec, const std::string& nameSpace) {
  std::string out;
  json::Object object(out);
  object.text("apiVersion", kube::kNetworkPolicies.apiVersion()).text("kind", kube::kNetworkPolicies.kind);
  json::Object metadata(object.key("metadata"));
  metadata.text("name", cluster::kFunctionPolicy).text("namespace", nameSpace);
  json::Object labels(metadata.key("labels"));
  labels.text(cluster::kManagedBy, cluster::kManagedByOperator);
  labels.end();
  metadata.end();
  object.raw("spec", spec);
  object.end();
  return out;
}

}  // namespace faasbatch::controllers
