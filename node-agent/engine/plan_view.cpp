#include "node-agent/engine/plan_view.h"

#include <algorithm>
#include <utility>

namespace faasbatch::engine {
namespace {

using workflow::Node;
using workflow::NodeIndex;
using workflow::Plan;

workflow::PlanPtr oneStep(const Plan& plan, workflow::FunctionIndex function) {
  auto shape = std::make_shared<Plan>();
  Node node;
  node.name = plan.functions[function].name;
  node.path = "functions." + node.name;
  node.function = function;
  node.retry = plan.functions[function].retry;
  shape->nodes.push_back(std::move(node));
  shape->blocks.push_back({.nodes = {0}, .last = 0, .owner = std::nullopt});
  return shape;
}

}  // namespace

PlanView::PlanView(workflow::PlanPtr plan) : plan_(std::move(plan)), shape_(plan_) { indexPositions(); }

PlanView::PlanView(workflow::PlanPtr plan, workflow::FunctionIndex function)
    : plan_(std::move(plan)), shape_(oneStep(*plan_, function)) {
  indexPositions();
}

void PlanView::indexPositions() {
  positions_.resize(shape_->nodes.size());
  for (const workflow::Block& block : shape_->blocks) {
    for (std::uint32_t i = 0; i < block.nodes.size(); ++i) positions_[block.nodes[i]] = i;
  }
}

std::optional<NodeIndex> PlanView::find(std::string_view name) const {
  if (byName_.empty()) {
    byName_.reserve(shape_->nodes.size());
    for (const Node& node : shape_->nodes) byName_.emplace(node.name, node.index);
  }
  const auto found = byName_.find(name);
  if (found == byName_.end()) return std::nullopt;
  return found->second;
}

const TemplateView& PlanView::look(const workflow::Template& text) const {
  const auto [entry, made] = views_.try_emplace(&text);
  TemplateView& view = entry->second;
  if (!made) return view;
  for (const auto& use : text.uses()) {
    const std::string& variable = use.reference.variable;
    view.input = view.input || variable == "input";
    view.item = view.item || variable == "item";
    view.last = view.last || variable == "last";
    view.output = view.output || variable == "output";
    if (variable != "steps" || !use.reference.member) continue;
    const auto node = find(*use.reference.member);
    if (node && std::ranges::find(view.steps, *node) == view.steps.end()) view.steps.push_back(*node);
  }
  if (const auto& whole = text.whole()) {
    using enum TemplateView::Whole;
    if (whole->variable == "input") view.whole = kInput;
    if (whole->variable == "item") view.whole = kItem;
    if (whole->variable == "last") view.whole = kLast;
    if (whole->variable == "output") view.whole = kOutput;
    if (whole->variable == "steps" && view.steps.size() == 1) {
      view.whole = kStep;
      view.wholeStep = view.steps.front();
    }
  }
  return view;
}

std::uint32_t PlanView::users(NodeIndex index) const {
  const Node& step = node(index);
  auto users = static_cast<std::uint32_t>(step.successors.size());
  const workflow::Block& list = block(step.block);
  const bool root = !list.owner;
  if (root && output()) {
    users += std::ranges::count(look(*output()).steps, index) > 0 ? 1 : 0;
  } else if (list.last == index) {
    ++users;
  }
  return users;
}

std::size_t PlanView::memoryBytes() const {
  constexpr std::size_t kEntry = 40;      // of a hash map: a link, a bucket, the allocator's
  constexpr std::size_t kOneStep = 1500;  // a list of one step, made for the call of a function
  return sizeof(PlanView) + (shape_ == plan_ ? 0 : kOneStep) + positions_.size() * sizeof(std::uint32_t) +
         byName_.size() * (kEntry + sizeof(std::string_view)) +
         views_.size() * (kEntry + sizeof(TemplateView));
}

}  // namespace faasbatch::engine
