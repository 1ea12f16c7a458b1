#include "operator/inventory/node_object.h"

#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/json/write.h"
#include "lib/workflow/quantity.h"

namespace faasbatch::inventory {
namespace {

constexpr std::int64_t kMilli = 1000;

std::string_view rawOr(std::string_view text, std::initializer_list<std::string_view> path,
                       std::string_view other) {
  return json::at(text, path).value_or(other);
}

std::string textAt(std::string_view text, std::initializer_list<std::string_view> path) {
  return json::asString(rawOr(text, path, "\"\"")).value_or("");
}

std::int64_t quantityAt(std::string_view text, std::string_view key) {
  return workflow::parseQuantityMilli(textAt(text, {key})).value_or(0);
}

}  // namespace

void slimNode(kube::Object& node) {
  std::string slim;
  json::Object out(slim);
  out.raw("labels", rawOr(node.json, {"metadata", "labels"}, "{}"))
      .raw("taints", rawOr(node.json, {"spec", "taints"}, "[]"))
      .raw("unschedulable", rawOr(node.json, {"spec", "unschedulable"}, "false"))
      .raw("cpu", rawOr(node.json, {"status", "allocatable", "cpu"}, "\"0\""))
      .raw("memory", rawOr(node.json, {"status", "allocatable", "memory"}, "\"0\""));
  out.end();
  node.json = std::move(slim);
}

placement::NodeFacts nodeFacts(const kube::Object& slimmed) {
  placement::NodeFacts facts{.name = slimmed.key.name};
  if (const auto labels = json::members(rawOr(slimmed.json, {"labels"}, "{}"))) {
    for (const json::Member& label : *labels)
      facts.labels.emplace_back(label.key, json::asString(label.value).value_or(""));
  }
  if (const auto taints = json::elements(rawOr(slimmed.json, {"taints"}, "[]"))) {
    for (const std::string_view taint : *taints)
      facts.taints.push_back({textAt(taint, {"key"}), textAt(taint, {"value"}), textAt(taint, {"effect"})});
  }
  facts.leaving = json::asBool(rawOr(slimmed.json, {"unschedulable"}, "false")).value_or(false);
  facts.cpuMilli = quantityAt(slimmed.json, "cpu");
  facts.memoryBytes = quantityAt(slimmed.json, "memory") / kMilli;
  return facts;
}

}  // namespace faasbatch::inventory
