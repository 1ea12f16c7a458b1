#include <string>

#include "lib/json/quote_name.h"
#include "lib/workflow/compiling.h"
#include "lib/workflow/fields.h"
#include "lib/workflow/names.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {
namespace {

void outlineBlock(Compiling& c, BlockIndex block, const Tree& steps, const std::string& path, int depth);

bool given(const Tree& step, std::string_view key) {
  const Tree* tree = step.find(key);
  return tree != nullptr && !tree->isNull();
}

// What the blocks inside `node` see: catches see the error; a body sees what its foreach or repeat gives.
Scope innerScope(const Compiling& c, const Node& node, bool catching) {
  Scope scope = c.blockScopes[node.block];
  const Tree& step = *c.sources[node.index];
  if (catching) {
    scope.error = true;
    return scope;
  }
  const bool repeat = given(step, "repeat");
  scope.item = scope.item || given(step, "foreach");
  scope.index = scope.index || given(step, "foreach") || repeat;
  scope.last = scope.last || repeat;
  return scope;
}

BlockIndex addBlock(Compiling& c, std::optional<NodeIndex> owner, bool catching) {
  const auto index = static_cast<BlockIndex>(c.plan.blocks.size());
  c.plan.blocks.push_back({.owner = owner});
  c.blockScopes.push_back(owner ? innerScope(c, c.plan.nodes[*owner], catching) : Scope{});
  c.catching.push_back(catching);
  return index;
}

// The block of the list `steps` of `holder`, if it has one: the readers of fields say where it is missing or
// no list.
BlockIndex outlineInner(Compiling& c, NodeIndex owner, const Tree& holder, const std::string& path,
                        bool catching, int depth) {
  const BlockIndex block = addBlock(c, owner, catching);
  const Tree* steps = holder.find("steps");
  if (steps != nullptr && steps->isList())
    outlineBlock(c, block, *steps, memberPath(path, "steps"), depth + 1);
  return block;
}

void outlineNested(Compiling& c, NodeIndex index, const Tree& step, const std::string& path, int depth) {
  if (given(step, "steps")) {
    const BlockIndex body = outlineInner(c, index, step, path, false, depth);
    c.plan.nodes[index].body = body;
  }
  const auto arms = [&](std::string_view key, bool catching, auto append) {
    const Tree* list = step.find(key);
    if (list == nullptr || !list->isList()) return;
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      append(outlineInner(c, index, list->items[i], itemPath(memberPath(path, key), i), catching, depth));
    }
  };
  arms("switch", false, [&](BlockIndex block) { c.plan.nodes[index].arms.push_back({.block = block}); });
  arms("catch", true, [&](BlockIndex block) { c.plan.nodes[index].catches.push_back({.block = block}); });
}

void outlineName(Compiling& c, const Node& node, const Tree& step) {
  const Tree* name = step.find("name");
  const std::string path = memberPath(node.path, "name");
  if (name == nullptr || name->isNull()) {
    c.faults.add(path, "is required");
  } else if (!name->isString()) {
    c.faults.add(path, "must be a string, not " + std::string(name->kindName()));
  } else if (std::string message = checkStepName(name->text); !message.empty()) {
    c.faults.add(path, std::move(message));
  } else if (const auto [first, added] = c.steps.try_emplace(name->text, node.index); !added) {
    c.faults.add(path, "the name " + json::quoteName(name->text) + " is taken by " +
                           c.plan.nodes[first->second].path +
                           ": names of steps are unique in the whole object");
  }
}

void outlineStep(Compiling& c, BlockIndex block, const Tree& step, const std::string& path, int depth) {
  const auto index = static_cast<NodeIndex>(c.plan.nodes.size());
  Node node{.index = index, .path = path, .block = block};
  if (const Tree* name = step.find("name"); name != nullptr && name->isString()) node.name = name->text;
  outlineName(c, node, step);
  c.plan.nodes.push_back(std::move(node));
  c.sources.push_back(&step);
  c.plan.blocks[block].nodes.push_back(index);
  c.plan.blocks[block].last = index;
  outlineNested(c, index, step, path, depth);
}

void outlineBlock(Compiling& c, BlockIndex block, const Tree& steps, const std::string& path, int depth) {
  if (depth > kMaxNesting) {
    c.faults.add(path, "steps are nested more than " + std::to_string(kMaxNesting) + " deep");
    return;
  }
  if (steps.items.empty()) c.faults.add(path, "must hold at least one step");
  for (std::size_t i = 0; i < steps.items.size(); ++i) {
    if (c.plan.nodes.size() >= kMaxSteps) {
      if (!c.tooManySteps)
        c.faults.add("spec.steps", "more than " + std::to_string(kMaxSteps) + " steps in all");
      c.tooManySteps = true;
      return;
    }
    outlineStep(c, block, steps.items[i], itemPath(path, i), depth);
  }
}

}  // namespace

void outlineSteps(Compiling& c, const Fields& spec) {
  const BlockIndex root = addBlock(c, std::nullopt, false);
  if (const Tree* steps = spec.listTree("steps")) outlineBlock(c, root, *steps, spec.at("steps"), 1);
}

}  // namespace faasbatch::workflow
