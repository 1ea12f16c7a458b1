#include "lib/cel/resolve.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "lib/cel/function.h"
#include "lib/cel/macros.h"
#include "lib/cel/pattern.h"
#include "lib/cel/suggest.h"

namespace faasbatch::cel {
namespace {

using Step = std::expected<void, Failure>;

constexpr std::array<std::string_view, 12> kTypes = {"bool",
                                                     "int",
                                                     "uint",
                                                     "double",
                                                     "string",
                                                     "bytes",
                                                     "list",
                                                     "map",
                                                     "type",
                                                     "null_type",
                                                     "google.protobuf.Duration",
                                                     "google.protobuf.Timestamp"};

constexpr std::string_view kPatternFunction = "matches";

// `a.b.c` of a chain of selections from a name; nothing for anything else.
std::optional<std::string> dottedName(const Node& node) {
  if (const auto* name = std::get_if<Name>(&node.data)) return name->text;
  const auto* select = std::get_if<Select>(&node.data);
  if (select == nullptr || select->test) return std::nullopt;
  auto prefix = dottedName(*select->operand);
  if (prefix) prefix->append(".").append(select->field);
  return prefix;
}

// Where a chain of selections begins.
const Node& rootOf(const Node& node) {
  const Node* at = &node;
  while (const auto* select = std::get_if<Select>(&at->data)) at = select->operand.get();
  return *at;
}

// Precondition: the node has a dotted name.
const Name& rootName(const Node& node) { return std::get<Name>(rootOf(node).data); }

const std::string* constantString(const NodePtr& node) {
  const auto* constant = std::get_if<Constant>(&node->data);
  return constant != nullptr && constant->value.kind() == Value::Kind::kString ? &constant->value.asString()
                                                                               : nullptr;
}

// `steps["a-b"]` for a chain written `steps.a-b`, without blanks; empty for any other.
std::string hyphenedMember(const Chain& chain) {
  const auto* select = std::get_if<Select>(&chain.first->data);
  const auto space = select == nullptr ? std::nullopt : dottedName(*select->operand);
  if (!space) return "";
  std::string member = select->field;
  std::size_t end = chain.first->offset + member.size();
  for (const Chain::Link& link : chain.links) {
    const Node& root = rootOf(*link.operand);
    const auto* name = std::get_if<Name>(&root.data);
    if (link.op != BinaryOperator::kSubtract || name == nullptr || link.offset != end ||
        root.offset != end + 1)
      break;
    member.append("-").append(name->text);
    end = root.offset + name->text.size();
  }
  if (member == select->field) return "";
  return *space + "[\"" + member + "\"]";
}

class Resolver {
 public:
  Resolver(std::span<const std::string_view> variables, Strictness strictness)
      : variables_(variables), checked_(strictness == Strictness::kChecked) {}

  Step visit(NodePtr& node);
  Program finish(NodePtr root) && {
    program_.root = std::move(root);
    return std::move(program_);
  }

 private:
  Step visitData(Node&, Constant&) { return {}; }
  Step visitData(Node& node, Name& name);
  Step visitData(Node& node, Select& select);
  Step visitData(Node& node, Index& index);
  Step visitData(Node& node, Call& call);
  Step visitData(Node& node, ListLiteral& list);
  Step visitData(Node& node, MapLiteral& map);
  Step visitData(Node& node, Unary& unary);
  Step visitData(Node& node, Chain& chain);
  Step visitData(Node& node, Logic& logic);
  Step visitData(Node& node, Conditional& conditional);
  Step visitData(Node& node, Comprehension& loop);

  Step visitAll(std::vector<NodePtr>& nodes);
  bool isDeclared(std::string_view name) const {
    return std::ranges::find(variables_, name) != variables_.end();
  }
  bool isMacroVariable(const Name& name) const {
    return !name.absolute && std::ranges::find(scope_, name.text) != scope_.end();
  }
  bool resolveDotted(Node& node);
  void useVariable(Name& name, std::uint32_t offset);
  void noteMember(const Node& operand, const std::string& member);
  Step bindFunction(const Node& node, Call& call);
  Step unknownFunction(const Node& node, const Call& call) const;
  Step precompile(const Node& node, Call& call);

  std::span<const std::string_view> variables_;
  bool checked_;
  std::vector<std::string> scope_;  // macro variables, innermost last
  std::size_t patterns_ = 0;
  Program program_;
};

Step Resolver::visit(NodePtr& node) {
  if (resolveDotted(*node)) return {};
  return std::visit([&](auto& data) { return visitData(*node, data); }, node->data);
}

Step Resolver::visitAll(std::vector<NodePtr>& nodes) {
  for (NodePtr& node : nodes)
    if (auto done = visit(node); !done) return done;
  return {};
}

// A selection that spells a declared variable or a type becomes it; the longest first, as the tree is walked
// from its top.
bool Resolver::resolveDotted(Node& node) {
  if (!std::holds_alternative<Select>(node.data)) return false;
  const auto dotted = dottedName(node);
  if (!dotted || isMacroVariable(rootName(node))) return false;
  if (isDeclared(*dotted)) {
    Name name{*dotted, true};
    useVariable(name, rootOf(node).offset);
    node.data = std::move(name);
    return true;
  }
  if (std::ranges::find(kTypes, *dotted) == kTypes.end()) return false;
  node.data = Constant{Value::type(*dotted)};
  return true;
}

void Resolver::useVariable(Name& name, std::uint32_t offset) {
  auto& known = program_.variables;
  const auto found = std::ranges::find(known, name.text);
  name.meaning = Name::Meaning::kVariable;
  name.slot = static_cast<std::size_t>(found - known.begin());
  if (found == known.end()) known.push_back(name.text);
  program_.references.push_back({name.text, std::nullopt, offset});
}

// The last reference is the operand's, which was just visited.
void Resolver::noteMember(const Node& operand, const std::string& member) {
  const auto* name = std::get_if<Name>(&operand.data);
  if (name != nullptr && name->meaning == Name::Meaning::kVariable)
    program_.references.back().member = member;
}

Step Resolver::visitData(Node& node, Name& name) {
  if (isMacroVariable(name)) {
    const auto innermost = std::ranges::find(scope_.rbegin(), scope_.rend(), name.text);
    name.meaning = Name::Meaning::kMacroVariable;
    name.slot = static_cast<std::size_t>(scope_.rend() - innermost) - 1;
    return {};
  }
  if (isDeclared(name.text)) {
    useVariable(name, node.offset);
    return {};
  }
  if (std::ranges::find(kTypes, name.text) != kTypes.end()) {
    node.data = Constant{Value::type(name.text)};
    return {};
  }
  if (!checked_) return {};
  std::vector<std::string_view> names(variables_.begin(), variables_.end());
  names.insert(names.end(), scope_.begin(), scope_.end());
  return failure(node.offset, "unknown variable \"" + name.text + "\"" + didYouMean(name.text, names));
}

Step Resolver::visitData(Node&, Select& select) {
  if (auto done = visit(select.operand); !done) return done;
  noteMember(*select.operand, select.field);
  return {};
}

Step Resolver::visitData(Node&, Index& index) {
  if (auto done = visit(index.operand); !done) return done;
  if (const std::string* member = constantString(index.index)) noteMember(*index.operand, *member);
  return visit(index.index);
}

Step Resolver::visitData(Node& node, Call& call) {
  if (call.target != nullptr) {
    const auto space = dottedName(*call.target);
    if (space && !isMacroVariable(rootName(*call.target))) {
      std::string qualified = *space + "." + call.name;
      if (findFunction(qualified, CallStyle::kGlobal) != nullptr) {
        call.name = std::move(qualified);
        call.target = nullptr;
      }
    }
  }
  if (auto done = bindFunction(node, call); !done) return done;
  if (call.target != nullptr)
    if (auto done = visit(call.target); !done) return done;
  return visitAll(call.arguments);
}

Step Resolver::bindFunction(const Node& node, Call& call) {
  const CallStyle style = call.target == nullptr ? CallStyle::kGlobal : CallStyle::kMember;
  call.function = findFunction(call.name, style);
  if (call.function == nullptr) return checked_ ? unknownFunction(node, call) : Step{};
  if (call.name == kPatternFunction)
    if (auto done = precompile(node, call); !done) return done;
  if (!checked_ || call.function->takesCount(call.arguments.size())) return {};
  return failure(node.offset, call.name + "() takes " + call.function->counts() + ", not " +
                                  std::to_string(call.arguments.size()));
}

Step Resolver::unknownFunction(const Node& node, const Call& call) const {
  if (call.target == nullptr && findFunction(call.name, CallStyle::kMember) != nullptr)
    return failure(node.offset, call.name + "() is called on a value: x." + call.name + "(...)");
  if (call.target != nullptr && findFunction(call.name, CallStyle::kGlobal) != nullptr)
    return failure(node.offset, call.name + "() is not called on a value: write " + call.name + "(x)");
  if (std::ranges::find(macroNames(), call.name) != macroNames().end())
    return failure(node.offset, call.target == nullptr
                                    ? call.name + "() is called on a list: list." + call.name + "(...)"
                                    : call.name + "() is not called on a value: has(x.field)");
  std::vector<std::string_view> names = functionNames();
  names.insert(names.end(), macroNames().begin(), macroNames().end());
  return failure(node.offset, "unknown function \"" + call.name + "\"" + didYouMean(call.name, names));
}

// A constant pattern is compiled once, and a bad one is told before any evaluation.
Step Resolver::precompile(const Node& node, Call& call) {
  if (call.arguments.empty()) return {};
  const std::string* source = constantString(call.arguments.back());
  if (source == nullptr) return {};
  auto pattern = Pattern::compile(*source);
  if (!pattern) return failure(call.arguments.back()->offset, std::move(pattern.error()));
  call.pattern = std::move(*pattern);
  if (++patterns_ > Pattern::kMaxPerExpression)
    return failure(node.offset, "more than " + std::to_string(Pattern::kMaxPerExpression) +
                                    " regular expressions in one expression");
  return {};
}

Step Resolver::visitData(Node&, ListLiteral& list) { return visitAll(list.items); }

Step Resolver::visitData(Node&, MapLiteral& map) {
  for (auto& [key, value] : map.entries) {
    if (auto done = visit(key); !done) return done;
    if (auto done = visit(value); !done) return done;
  }
  return {};
}

Step Resolver::visitData(Node&, Unary& unary) { return visit(unary.operand); }

Step Resolver::visitData(Node&, Chain& chain) {
  const std::string hyphened = checked_ ? hyphenedMember(chain) : "";
  if (auto done = visit(chain.first); !done) return done;
  for (Chain::Link& link : chain.links) {
    auto done = visit(link.operand);
    if (done) continue;
    if (!hyphened.empty() && std::holds_alternative<Name>(rootOf(*link.operand).data))
      done.error().message += "; a name with a hyphen stands in brackets: " + hyphened;
    return done;
  }
  return {};
}

Step Resolver::visitData(Node&, Logic& logic) { return visitAll(logic.operands); }

Step Resolver::visitData(Node&, Conditional& conditional) {
  for (Conditional::Branch& branch : conditional.branches) {
    if (auto done = visit(branch.condition); !done) return done;
    if (auto done = visit(branch.value); !done) return done;
  }
  return visit(conditional.otherwise);
}

Step Resolver::visitData(Node&, Comprehension& loop) {
  if (auto done = visit(loop.range); !done) return done;
  loop.slot = scope_.size();
  scope_.push_back(loop.variable);
  program_.macroVariables = std::max(program_.macroVariables, scope_.size());
  Step done;
  if (loop.predicate != nullptr) done = visit(loop.predicate);
  if (done && loop.transform != nullptr) done = visit(loop.transform);
  scope_.pop_back();
  return done;
}

}  // namespace

std::expected<Program, Failure> resolve(NodePtr root, std::span<const std::string_view> variables,
                                        Strictness strictness) {
  Resolver resolver(variables, strictness);
  if (auto done = resolver.visit(root); !done) return std::unexpected(std::move(done.error()));
  return std::move(resolver).finish(std::move(root));
}

}  // namespace faasbatch::cel
