// A plan as the engine reads it: what each template looks at, and where each step stands in its list.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/workflow/plan.h"

namespace faasbatch::engine {

// What the expressions of one template look at.
struct TemplateView {
  enum class Whole { kMixed, kInput, kItem, kLast, kOutput, kStep };
  std::vector<workflow::NodeIndex> steps;  // named in steps.NAME, each once
  bool input = false;
  bool item = false;
  bool last = false;
  bool output = false;
  Whole whole = Whole::kMixed;  // the template is exactly that payload
  workflow::NodeIndex wholeStep = 0;
};

// Made once a run and plan; what it finds out about a template it keeps. One thread at a time.
class PlanView {
 public:
  // The steps of `plan`.
  explicit PlanView(workflow::PlanPtr plan);
  // One call of a function of `plan` by itself: a list of one step that bears the function's name.
  PlanView(workflow::PlanPtr plan, workflow::FunctionIndex function);

  const workflow::PlanPtr& plan() const { return plan_; }  // whose functions are called
  const workflow::Node& node(workflow::NodeIndex index) const { return shape_->nodes[index]; }
  const workflow::Block& block(workflow::BlockIndex index) const { return shape_->blocks[index]; }
  std::uint32_t position(workflow::NodeIndex node) const { return positions_[node]; }  // in its block
  std::optional<workflow::NodeIndex> find(std::string_view name) const;
  const std::optional<workflow::Template>& output() const { return shape_->output; }
  const TemplateView& look(const workflow::Template& text) const;

  // How many users the output of a step has when its list begins: steps of the list, and the end of the list
  // itself.
  std::uint32_t users(workflow::NodeIndex node) const;

  std::size_t memoryBytes() const;  // an estimate; the plan itself is shared and not counted

 private:
  void indexPositions();

  workflow::PlanPtr plan_;
  workflow::PlanPtr shape_;  // plan_, or the list of one step
  std::vector<std::uint32_t> positions_;
  mutable std::unordered_map<std::string_view, workflow::NodeIndex> byName_;
  mutable std::unordered_map<const workflow::Template*, TemplateView> views_;
};

}  // namespace faasbatch::engine
