#include "lib/workflow/read_pod.h"

#include "lib/workflow/names.h"
#include "lib/workflow/quantity.h"

namespace faasbatch::workflow {
namespace {

// Plain values go to `env`; those that a cluster resolves (valueFrom) stay as they are, in `forPod`.
void readEnv(const Fields& function, FunctionSpec& spec, Tree& forPod) {
  const std::vector<Fields> variables = function.maps("env");
  Tree resolved = Tree::list();
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const Fields& fields = variables[i];
    const auto name = fields.text("name");
    const auto value = fields.text("value");
    if (fields.has("value") && fields.has("valueFrom")) {
      fields.fault("valueFrom", "must not be given together with value");
    } else if (const auto from = fields.map("valueFrom")) {
      from->check();
      resolved.items.push_back(function.raw("env")->items[i]);
    } else if (name) {
      spec.env.emplace_back(*name, value.value_or(""));
    }
  }
  if (!resolved.items.empty()) forPod.add("env", std::move(resolved));
}

// A request that is more than its limit makes a pod that the API server refuses.
void checkResources(const Fields& function) {
  const auto resources = function.map("resources");
  if (!resources) return;
  resources->check();
  const Tree* requests = resources->raw("requests");
  const Tree* limits = resources->raw("limits");
  if (requests == nullptr || limits == nullptr) return;
  for (const tree::TreeMember& request : requests->members) {
    const Tree* limit = limits->find(request.key);
    const auto asked = parseQuantityMilli(request.value.text);
    const auto most = limit == nullptr ? std::nullopt : parseQuantityMilli(limit->text);
    if (!asked || !most || *asked <= *most) continue;
    resources->fault("requests", "asks for " + request.value.text + " of " + request.key +
                                     ", more than its limit " + limit->text);
  }
}

void checkTolerations(const Fields& function) {
  for (const Fields& toleration : function.maps("tolerations")) {
    toleration.check();
    const Tree* given = toleration.raw("operator");
    const bool exists = given != nullptr && given->text == "Exists";
    if (!toleration.has("key") && !exists)
      toleration.fault("operator", "must be Exists where there is no key");
    const Tree* value = toleration.raw("value");
    if (exists && value != nullptr && !value->text.empty())
      toleration.fault("value", "must be left out where the operator is Exists");
    const Tree* effect = toleration.raw("effect");
    if (toleration.has("tolerationSeconds") && (effect == nullptr || effect->text != "NoExecute"))
      toleration.fault("tolerationSeconds", "needs the effect NoExecute");
  }
}

}  // namespace

void readPod(const Fields& function, FunctionSpec& spec) {
  Tree forPod = Tree::map();
  readEnv(function, spec, forPod);
  for (const Fields& source : function.maps("envFrom")) source.check();
  checkResources(function);
  function.checkMember("nodeSelector");
  checkTolerations(function);
  for (const std::string_view key : {"envFrom", "tolerations", "resources", "nodeSelector"}) {
    if (function.has(key)) forPod.add(std::string(key), *function.raw(key));
  }
  spec.podJson = toJson(forPod);
}

}  // namespace faasbatch::workflow
