// What expressions and `after` name, and the edges that follow from it.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "lib/json/quote_name.h"
#include "lib/workflow/compiling.h"
#include "lib/workflow/fields.h"
#include "lib/workflow/names.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {
namespace {

constexpr std::array<std::string_view, 3> kRunMembers{"id", "createdAt", "attempt"};
constexpr std::array<std::string_view, 4> kErrorMembers{"type", "message", "step", "attempts"};

// The steps that hold `node`, itself first, then outwards.
std::vector<NodeIndex> holders(const Plan& plan, NodeIndex node) {
  std::vector<NodeIndex> chain{node};
  while (const auto owner = plan.blocks[plan.nodes[chain.back()].block].owner) chain.push_back(*owner);
  return chain;
}

// Names that an expression of `from` may use: of its own list and of those around it.
std::vector<std::string_view> visibleSteps(const Compiling& c, std::optional<NodeIndex> from) {
  std::vector<std::string_view> names;
  const auto append = [&](BlockIndex block, std::optional<NodeIndex> except) {
    for (const NodeIndex node : c.plan.blocks[block].nodes) {
      if (node != except) names.push_back(c.plan.nodes[node].name);
    }
  };
  if (!from) {
    append(0, std::nullopt);
    return names;
  }
  for (const NodeIndex holder : holders(c.plan, *from)) append(c.plan.nodes[holder].block, holder);
  return names;
}

// Whether `inner` lies in a catch of `outer`.
bool inCatchOf(const Compiling& c, NodeIndex outer, const std::vector<NodeIndex>& chain) {
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (chain[i] == outer) return c.catching[c.plan.nodes[chain[i - 1]].block];
  }
  return false;
}

// Why `target`, which holds `chain`'s first step or is it, cannot be named from there.
std::string aboutHolder(const Compiling& c, NodeIndex target, const std::vector<NodeIndex>& chain,
                        bool after) {
  const std::string name = json::quoteName(c.plan.nodes[target].name);
  if (target == chain.front()) {
    if (after) return "the step " + name + " cannot come after itself";
    return "the step " + name + " cannot refer to itself; in repeat, `last` is its output of the turn before";
  }
  if (inCatchOf(c, target, chain)) {
    return "the step " + name + " has failed where its catch runs, and has no output: use `error`";
  }
  return "the step " + name + " holds this step and has no output yet";
}

// Why `target`, which is in no list around `chain`, cannot be named from there: name the step that holds it.
std::string aboutInner(const Compiling& c, NodeIndex target, const std::vector<NodeIndex>& chain) {
  const std::string name = json::quoteName(c.plan.nodes[target].name);
  for (const NodeIndex holder : holders(c.plan, target)) {
    const BlockIndex block = c.plan.nodes[holder].block;
    const bool around = chain.empty() ? block == 0 : std::ranges::any_of(chain, [&](NodeIndex node) {
      return c.plan.nodes[node].block == block;
    });
    if (!around) continue;
    const std::string outer = json::quoteName(c.plan.nodes[holder].name);
    std::string message = "the step " + name;
    if (std::ranges::find(chain, holder) != chain.end()) {
      message.append(" is in another list of the step ")
          .append(outer)
          .append(" and cannot be named from here");
    } else {
      message.append(" is inside the step ").append(outer);
      message.append(": from here, name ").append(outer).append(" as a whole");
    }
    return message;
  }
  return "the step " + name + " cannot be named from here";
}

// Makes the edge of one reference from `from` (spec.output: none) to the step called `name`, or says why
// there is none.
std::string connect(Compiling& c, std::optional<NodeIndex> from, const std::string& name, bool after) {
  const auto found = c.steps.find(name);
  if (found == c.steps.end()) {
    return c.faults.full() ? "unknown step" : unknownName("step", name, visibleSteps(c, from));
  }
  const NodeIndex target = found->second;
  const BlockIndex list = c.plan.nodes[target].block;
  if (!from) return list == 0 ? "" : aboutInner(c, target, {});
  const std::vector<NodeIndex> chain = holders(c.plan, *from);
  if (std::ranges::find(chain, target) != chain.end()) return aboutHolder(c, target, chain, after);
  for (const NodeIndex holder : chain) {
    if (c.plan.nodes[holder].block != list) continue;
    c.plan.nodes[holder].predecessors.push_back(target);
    return {};
  }
  return aboutInner(c, target, chain);
}

std::string checkMember(std::string_view variable, const std::optional<std::string>& member,
                        std::span<const std::string_view> members) {
  if (!member || std::ranges::find(members, *member) != members.end()) return {};
  return unknownName("member of " + std::string(variable), *member, members);
}

// Variables that exist only in some places.
std::string checkScope(const Scope& scope, const std::string& variable) {
  if (variable == "item" && !scope.item) return "`item` has a value only inside foreach";
  if (variable == "index" && !scope.index) return "`index` has a value only inside foreach and repeat";
  if (variable == "last" && !scope.last) return "`last` has a value only inside repeat";
  if (variable == "output" && !scope.output) {
    return "`output` has a value only in repeat.until; the output of a step is steps.NAME.output";
  }
  if (variable == "error" && !scope.error) return "`error` has a value only inside catch";
  return {};
}

std::string resolve(Compiling& c, const Site& site, const Template::Use& use) {
  const auto& [variable, member, offset] = use.reference;
  if (std::string message = checkScope(site.scope, variable); !message.empty()) return message;
  if (variable == "run") return checkMember(variable, member, kRunMembers);
  if (variable == "error") return checkMember(variable, member, kErrorMembers);
  if (variable != "steps") return {};
  if (!member) return "`steps` must be followed by the constant name of a step: steps.NAME or steps['NAME']";
  if (std::string hint = hyphenHint(c, use.expression); !hint.empty()) return hint;
  return connect(c, site.node, *member, false);
}

void resolveSite(Compiling& c, const Site& site) {
  std::vector<std::string> said;  // one message a place is enough
  for (const Template::Use& use : site.text.uses()) {
    const std::string message = resolve(c, site, use);
    if (message.empty()) continue;
    const std::string whole = use.path + "\n" + message;
    if (std::ranges::find(said, whole) != said.end()) continue;
    said.push_back(whole);
    c.faults.add(site.path + use.path, message);
  }
}

void resolveAfter(Compiling& c, NodeIndex index) {
  const Tree* after = c.sources[index]->find("after");
  if (after == nullptr || !after->isList()) return;  // what is no list has been said
  const std::string path = memberPath(c.plan.nodes[index].path, "after");
  for (std::size_t i = 0; i < after->items.size(); ++i) {
    const Tree& name = after->items[i];
    const std::string message = name.isString() ? connect(c, index, name.text, true)
                                                : "must be a string, not " + std::string(name.kindName());
    if (!message.empty()) c.faults.add(itemPath(path, i), message);
  }
}

}  // namespace

void resolveReferences(Compiling& c) {
  for (const Site& site : c.sites) resolveSite(c, site);
  for (NodeIndex i = 0; i < c.plan.nodes.size(); ++i) resolveAfter(c, i);
  for (Node& node : c.plan.nodes) {
    std::ranges::sort(node.predecessors);
    const auto repeated = std::ranges::unique(node.predecessors);
    node.predecessors.erase(repeated.begin(), repeated.end());
    for (const NodeIndex before : node.predecessors) c.plan.nodes[before].successors.push_back(node.index);
  }
}

}  // namespace faasbatch::workflow
