#include "lib/cel/evaluate.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/cel/compare.h"
#include "lib/cel/function.h"
#include "lib/cel/map.h"
#include "lib/cel/operators.h"
#include "lib/cel/pattern.h"

namespace faasbatch::cel {
namespace {

using Kind = Value::Kind;
using Macro = Comprehension::Macro;

class Evaluator {
 public:
  Evaluator(const Program& program, const Activation& activation, Budget& budget)
      : program_(program),
        activation_(activation),
        budget_(budget),
        variables_(program.variables.size()),
        macroVariables_(program.macroVariables) {}

  Evaluated value(const Node& node) {
    if (!budget_.charge(1)) return budget_.exceeded(node.offset);
    return std::visit([&](const auto& data) { return valueOf(node, data); }, node.data);
  }

 private:
  Evaluated valueOf(const Node&, const Constant& constant) { return constant.value; }
  Evaluated valueOf(const Node& node, const Name& name);
  Evaluated valueOf(const Node& node, const Select& select);
  Evaluated valueOf(const Node& node, const Index& index);
  Evaluated valueOf(const Node& node, const Call& call);
  Evaluated valueOf(const Node& node, const ListLiteral& list);
  Evaluated valueOf(const Node& node, const MapLiteral& map);
  Evaluated valueOf(const Node& node, const Unary& unary);
  Evaluated valueOf(const Node& node, const Chain& chain);
  Evaluated valueOf(const Node& node, const Logic& logic);
  Evaluated valueOf(const Node& node, const Conditional& conditional);
  Evaluated valueOf(const Node& node, const Comprehension& loop);

  Evaluated matches(const Node& node, const Pattern& pattern, const Value& text);
  Evaluated condition(const Node& node, std::string_view of);
  Evaluated quantify(const Comprehension& loop, const std::vector<Value>& items);
  Evaluated countOne(const Comprehension& loop, const std::vector<Value>& items);
  Evaluated collect(const Comprehension& loop, const std::vector<Value>& items);

  const Program& program_;
  const Activation& activation_;
  Budget& budget_;
  std::vector<std::optional<Value>> variables_;  // by slot, once asked for
  std::vector<Value> macroVariables_;            // by slot
};

Evaluated Evaluator::valueOf(const Node& node, const Name& name) {
  if (name.meaning == Name::Meaning::kMacroVariable) return macroVariables_[name.slot];
  if (name.meaning == Name::Meaning::kUnknown)
    return failure(node.offset, "no such variable \"" + name.text + "\"");
  std::optional<Value>& known = variables_[name.slot];
  if (!known) known = activation_.find(name.text);
  if (!known) return failure(node.offset, "no such variable \"" + name.text + "\"");
  return *known;
}

Evaluated Evaluator::valueOf(const Node& node, const Select& select) {
  auto operand = value(*select.operand);
  if (!operand) return operand;
  return select.test ? applyHas(*operand, select.field, node.offset)
                     : applySelect(*operand, select.field, node.offset);
}

Evaluated Evaluator::valueOf(const Node& node, const Index& index) {
  auto operand = value(*index.operand);
  if (!operand) return operand;
  auto at = value(*index.index);
  if (!at) return at;
  return applyIndex(*operand, *at, budget_, node.offset);
}

Evaluated Evaluator::valueOf(const Node& node, const Call& call) {
  std::vector<Value> arguments;
  arguments.reserve(call.arguments.size() + 1);
  if (call.target != nullptr) {
    auto target = value(*call.target);
    if (!target) return target;
    arguments.push_back(std::move(*target));
  }
  for (const NodePtr& argument : call.arguments) {
    auto evaluated = value(*argument);
    if (!evaluated) return evaluated;
    arguments.push_back(std::move(*evaluated));
  }
  if (call.function == nullptr) return failure(node.offset, "no such function \"" + call.name + "\"");
  if (call.pattern != nullptr && arguments.size() == 2 && arguments[0].kind() == Kind::kString)
    return matches(node, *call.pattern, arguments[0]);
  return invoke(*call.function, {arguments, budget_, node.offset});
}

Evaluated Evaluator::matches(const Node& node, const Pattern& pattern, const Value& text) {
  if (!budget_.charge(pattern.searchCost(text.asString().size()))) return budget_.exceeded(node.offset);
  return Value::boolean(pattern.matches(text.asString()));
}

Evaluated Evaluator::valueOf(const Node&, const ListLiteral& list) {
  std::vector<Value> items;
  items.reserve(list.items.size());
  for (const NodePtr& node : list.items) {
    auto item = value(*node);
    if (!item) return item;
    items.push_back(std::move(*item));
  }
  return Value::list(std::move(items));
}

Evaluated Evaluator::valueOf(const Node&, const MapLiteral& map) {
  std::vector<MapValue::Entry> entries;
  entries.reserve(map.entries.size());
  for (const auto& [keyNode, valueNode] : map.entries) {
    auto key = value(*keyNode);
    if (!key) return key;
    if (!MapValue::validKey(*key))
      return failure(keyNode->offset,
                     "a key of a map is a bool, int, uint or string, not " + std::string(key->kindName()));
    if (!budget_.charge(keyCost(*key))) return budget_.exceeded(keyNode->offset);
    auto item = value(*valueNode);
    if (!item) return item;
    entries.emplace_back(std::move(*key), std::move(*item));
  }
  Value made = Value::map(std::move(entries));
  if (made.asMap().size() == map.entries.size()) return made;
  return failure(map.entries.back().first->offset, "a key stands twice in the map");
}

Evaluated Evaluator::valueOf(const Node& node, const Unary& unary) {
  auto operand = value(*unary.operand);
  for (std::size_t i = 0; operand && i < unary.times; ++i) {
    if (!budget_.charge(1)) return budget_.exceeded(node.offset);
    operand =
        unary.op == Unary::Operator::kNot ? logicalNot(*operand, node.offset) : negate(*operand, node.offset);
  }
  return operand;
}

Evaluated Evaluator::valueOf(const Node&, const Chain& chain) {
  auto left = value(*chain.first);
  for (const Chain::Link& link : chain.links) {
    if (!left) return left;
    auto right = value(*link.operand);
    if (!right) return right;
    left = applyBinary(link.op, *left, *right, budget_, link.offset);
  }
  return left;
}

// A bool, or a failure that says whose operand is none.
Evaluated Evaluator::condition(const Node& node, std::string_view of) {
  auto evaluated = value(node);
  if (evaluated && evaluated->kind() != Kind::kBool)
    return failure(node.offset, "no such overload: " + std::string(of) + " takes bool, not " +
                                    std::string(evaluated->kindName()));
  return evaluated;
}

// false decides `&&` and true decides `||`, whatever the other operands are; without it the first failure
// counts.
Evaluated Evaluator::valueOf(const Node&, const Logic& logic) {
  std::optional<Failure> failed;
  for (const NodePtr& node : logic.operands) {
    auto operand = condition(*node, logic.isAnd ? "&&" : "||");
    if (operand) {
      if (operand->asBool() != logic.isAnd) return operand;
    } else if (operand.error().fatal) {
      return operand;
    } else if (!failed) {
      failed = std::move(operand.error());
    }
  }
  if (failed) return std::unexpected(std::move(*failed));
  return Value::boolean(logic.isAnd);
}

Evaluated Evaluator::valueOf(const Node&, const Conditional& conditional) {
  for (const Conditional::Branch& branch : conditional.branches) {
    auto chosen = condition(*branch.condition, "?:");
    if (!chosen) return chosen;
    if (chosen->asBool()) return value(*branch.value);
  }
  return value(*conditional.otherwise);
}

Evaluated Evaluator::valueOf(const Node& node, const Comprehension& loop) {
  auto range = value(*loop.range);
  if (!range) return range;
  if (range->kind() != Kind::kList && range->kind() != Kind::kMap)
    return failure(node.offset, "no such overload: a macro goes over a list or a map, not " +
                                    std::string(range->kindName()));
  std::vector<Value> keys;
  if (range->kind() == Kind::kMap) {
    if (!budget_.charge(range->asMap().size())) return budget_.exceeded(node.offset);
    keys.reserve(range->asMap().size());
    for (const auto& [key, value] : range->asMap().entries()) keys.push_back(key);
  }
  const std::vector<Value>& items = range->kind() == Kind::kMap ? keys : range->asList();
  switch (loop.macro) {
    case Macro::kAll:
    case Macro::kExists:
      return quantify(loop, items);
    case Macro::kExistsOne:
      return countOne(loop, items);
    default:
      return collect(loop, items);
  }
}

// all() is && and exists() is || over the items.
Evaluated Evaluator::quantify(const Comprehension& loop, const std::vector<Value>& items) {
  const bool isAll = loop.macro == Macro::kAll;
  std::optional<Failure> failed;
  for (const Value& item : items) {
    macroVariables_[loop.slot] = item;
    auto holds = condition(*loop.predicate, isAll ? "all()" : "exists()");
    if (holds) {
      if (holds->asBool() != isAll) return holds;
    } else if (holds.error().fatal) {
      return holds;
    } else if (!failed) {
      failed = std::move(holds.error());
    }
  }
  if (failed) return std::unexpected(std::move(*failed));
  return Value::boolean(isAll);
}

Evaluated Evaluator::countOne(const Comprehension& loop, const std::vector<Value>& items) {
  std::size_t count = 0;
  for (const Value& item : items) {
    macroVariables_[loop.slot] = item;
    auto holds = condition(*loop.predicate, "exists_one()");
    if (!holds) return holds;
    if (holds->asBool()) ++count;
  }
  return Value::boolean(count == 1);
}

Evaluated Evaluator::collect(const Comprehension& loop, const std::vector<Value>& items) {
  std::vector<Value> collected;
  for (const Value& item : items) {
    macroVariables_[loop.slot] = item;
    if (loop.predicate != nullptr) {
      auto holds = condition(*loop.predicate, loop.macro == Macro::kFilter ? "filter()" : "map()");
      if (!holds) return holds;
      if (!holds->asBool()) continue;
    }
    if (loop.transform == nullptr) {
      collected.push_back(item);
      continue;
    }
    auto made = value(*loop.transform);
    if (!made) return made;
    collected.push_back(std::move(*made));
  }
  return Value::list(std::move(collected));
}

}  // namespace

Evaluated evaluate(const Program& program, const Activation& activation, Budget& budget) {
  return Evaluator(program, activation, budget).value(*program.root);
}

}  // namespace faasbatch::cel
