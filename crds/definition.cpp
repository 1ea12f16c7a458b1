#include "crds/definition.h"

#include "crds/status_schema.h"
#include "crds/structural_schema.h"
#include "lib/tree/tree.h"
#include "lib/tree/yaml.h"
#include "lib/workflow/schema.h"

namespace faasbatch::crds {
namespace {

using tree::Tree;

constexpr std::string_view kHead =
    "# Written by faasbatch-crds out of lib/workflow/schema*.cpp and crds/status_schema.cpp: change those, "
    "then `make "
    "crds`.\n";

Tree parsed(std::string_view json) { return *tree::parseJson(json); }

Tree columns() {
  return parsed(R"([
    {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status",
     "description": "Whether the nodes that it is placed on serve it."},
    {"name": "Reason", "type": "string", "jsonPath": ".status.reason",
     "description": "Why it is not ready, or Serving."},
    {"name": "Steps", "type": "integer", "jsonPath": ".status.steps",
     "description": "How many steps there are, nested ones included."},
    {"name": "Active", "type": "integer", "jsonPath": ".status.active", "description": "Runs in progress."},
    {"name": "P95", "type": "string", "jsonPath": ".status.p95",
     "description": "95 of 100 runs of the last minute were faster."},
    {"name": "Nodes", "type": "integer", "jsonPath": ".status.nodes", "priority": 1,
     "description": "How many nodes it is placed on."},
    {"name": "Placed", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Placed\")].reason", "priority": 1,
     "description": "Whether every step has a node."},
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}])");
}

Tree described(Tree schema, std::string_view description) {
  Tree with = Tree::map();
  with.add("description", Tree::string(std::string(description)));
  for (tree::TreeMember& member : schema.members) with.add(std::move(member.key), std::move(member.value));
  return with;
}

Tree objectSchema() {
  const workflow::FieldSchema& spec = *workflow::objectSchema().find("spec");
  Tree schema = parsed(R"({
    "description": "A workflow of functions: calls of a function are grouped into shared pods, steps run where their data is.",
    "type": "object", "required": ["spec"],
    "properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}})");
  Tree& properties = *schema.find("properties");
  properties.add("spec", described(structuralSchema(spec.map()), spec.description));
  properties.add("status", described(structuralSchema(statusSchema()), "What the operator says of it."));
  return schema;
}

}  // namespace

std::string functionWorkflowDefinition() {
  Tree definition = parsed(R"({
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "functionworkflows.faasbatch.io"},
    "spec": {
      "group": "faasbatch.io", "scope": "Namespaced",
      "names": {"kind": "FunctionWorkflow", "listKind": "FunctionWorkflowList", "plural": "functionworkflows",
                "singular": "functionworkflow", "shortNames": ["fwf"], "categories": ["faasbatch"]}}})");
  Tree version =
      parsed(R"({"name": "v1alpha1", "served": true, "storage": true, "subresources": {"status": {}}})");
  version.add("additionalPrinterColumns", columns());
  version.add("schema", Tree::map()).add("openAPIV3Schema", objectSchema());
  definition.find("spec")->add("versions", Tree::list()).items.push_back(std::move(version));
  return std::string(kHead) + *tree::jsonToYaml(toJson(definition));
}

}  // namespace faasbatch::crds
