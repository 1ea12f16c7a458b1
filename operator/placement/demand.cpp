#include "operator/placement/demand.h"

#include <algorithm>

#include "lib/json/members.h"
#include "lib/workflow/quantity.h"

namespace faasbatch::placement {
namespace {

using workflow::Node;
using workflow::NodeKind;
using workflow::Plan;

constexpr std::int64_t kMilli = 1000;

// "key" of the object `raw`, or nothing.
std::optional<std::string_view> member(std::string_view raw, std::string_view key) {
  const auto members = json::members(raw);
  return members ? json::find(*members, key) : std::nullopt;
}

std::string textOf(std::string_view raw, std::string_view key) {
  const auto value = member(raw, key);
  return value ? json::asString(*value).value_or("") : "";
}

// A quantity is a text or a number; in thousandths.
std::int64_t quantityOf(std::string_view resources, std::string_view name) {
  const auto value = member(resources, name);
  if (!value) return 0;
  return workflow::parseQuantityMilli(json::asString(*value).value_or(std::string(*value))).value_or(0);
}

void readPod(std::string_view podJson, FunctionDemand& function) {
  if (const auto selector = member(podJson, "nodeSelector")) {
    const auto labels = json::members(*selector);
    for (const json::Member& label : *labels)
      function.nodeSelector.emplace_back(label.key, json::asString(label.value).value_or(""));
  }
  if (const auto list = member(podJson, "tolerations")) {
    const auto tolerations = json::elements(*list);
    for (const std::string_view raw : *tolerations) {
      function.tolerations.push_back({.key = textOf(raw, "key"),
                                      .exists = textOf(raw, "operator") == "Exists",
                                      .value = textOf(raw, "value"),
                                      .effect = textOf(raw, "effect")});
    }
  }
  const auto resources = member(podJson, "resources");
  if (!resources) return;
  // A limit without a request is the request, as the API server has it.
  for (const std::string_view kind : {"requests", "limits"}) {
    const auto amounts = member(*resources, kind);
    if (!amounts) continue;
    if (function.cpuMilli == 0) function.cpuMilli = quantityOf(*amounts, "cpu");
    if (function.memoryBytes == 0) function.memoryBytes = quantityOf(*amounts, "memory") / kMilli;
  }
}

// Walks a step and everything inside it; `width` is how many of it run side by side.
class Collect {
 public:
  Collect(const Plan& plan, std::vector<std::uint64_t>& calls) : plan_(plan), calls_(calls) {}

  void step(const Node& node, std::uint64_t width) {
    if (node.foreach) {
      const std::uint64_t items =
          node.foreach->maxConcurrency != 0 ? node.foreach->maxConcurrency : kAssumedItems;
      width = std::min<std::uint64_t>(width * items, UINT32_MAX);
    }
    if (node.kind == NodeKind::kFunction) {
      functions.push_back(node.function);
      calls_[node.function] += width;
    }
    if (node.kind == NodeKind::kGroup) block(node.body, width);
    for (const workflow::Arm& arm : node.arms) block(arm.block, width);
    for (const workflow::Catch& arm : node.catches) block(arm.block, width);
  }

  std::vector<FunctionIndex> functions;

 private:
  void block(workflow::BlockIndex index, std::uint64_t width) {
    for (const workflow::NodeIndex node : plan_.blocks[index].nodes) step(plan_.nodes[node], width);
  }

  const Plan& plan_;
  std::vector<std::uint64_t>& calls_;
};

// Which steps of the root list the run's output is made of.
void markAnswer(const Plan& plan, const std::vector<StepIndex>& indexes, Demand& demand) {
  const workflow::Block& root = plan.blocks[0];
  if (!plan.output) {
    demand.steps[indexes[root.last]].answer = true;
    return;
  }
  for (const workflow::Template::Use& use : plan.output->uses()) {
    if (use.reference.variable != "steps") continue;
    for (StepDemand& step : demand.steps) {
      if (step.name == use.reference.member) step.answer = true;
    }
  }
}

}  // namespace

Demand demandOf(const Plan& plan) {
  Demand demand;
  std::vector<StepIndex> indexes(plan.nodes.size());  // of the nodes of the root list
  const std::vector<workflow::NodeIndex>& root = plan.blocks[0].nodes;
  for (StepIndex i = 0; i < root.size(); ++i) indexes[root[i]] = i;
  std::vector<std::uint64_t> calls(plan.functions.size());
  for (const workflow::NodeIndex index : root) {
    const Node& node = plan.nodes[index];
    StepDemand step{.name = node.name};
    for (const workflow::NodeIndex before : node.predecessors) step.predecessors.push_back(indexes[before]);
    std::ranges::sort(step.predecessors);
    Collect collect(plan, calls);
    collect.step(node, 1);
    std::ranges::sort(collect.functions);
    const auto repeated = std::ranges::unique(collect.functions);
    collect.functions.erase(repeated.begin(), repeated.end());
    step.functions = std::move(collect.functions);
    demand.steps.push_back(std::move(step));
  }
  for (FunctionIndex i = 0; i < plan.functions.size(); ++i) {
    const workflow::FunctionSpec& spec = plan.functions[i];
    const std::uint64_t pods = (calls[i] + spec.concurrency.limit - 1) / spec.concurrency.limit;
    FunctionDemand function{.name = spec.name, .maxPods = spec.pool.maxPods};
    function.scale = static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(pods, std::max(spec.pool.minWarm, 1U), spec.pool.maxPods));
    readPod(spec.podJson, function);
    demand.functions.push_back(std::move(function));
  }
  markAnswer(plan, indexes, demand);
  return demand;
}

}  // namespace faasbatch::placement
