// The syntax tree. Chains of operators, of && and ||, and of ternaries are one node each, so that the depth
// of the tree, which bounds every recursion over it, is the depth of the nesting and not the length of the
// text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lib/cel/value.h"

namespace faasbatch::cel {

struct Node;
struct FunctionSet;
class Pattern;
using NodePtr = std::unique_ptr<Node>;

struct Constant {
  Value value;
};

// `x`, or `.x`, which no macro variable hides. What it means is filled in by resolve().
struct Name {
  enum class Meaning { kUnknown, kMacroVariable, kVariable };

  std::string text;
  bool absolute = false;
  Meaning meaning = Meaning::kUnknown;
  std::size_t slot = 0;  // among the macro variables, or among the variables of the program
};

// `operand.field`, or `has(operand.field)`.
struct Select {
  NodePtr operand;
  std::string field;
  bool test = false;
};

struct Index {
  NodePtr operand;
  NodePtr index;
};

// `name(arguments)` or, with a target, `target.name(arguments)`.
struct Call {
  std::string name;
  NodePtr target;
  std::vector<NodePtr> arguments;
  bool absolute = false;                     // `.name(arguments)`
  const FunctionSet* function = nullptr;     // filled in by resolve(); none: unknown
  std::shared_ptr<const Pattern> pattern{};  // of `matches` with a constant pattern
};

struct ListLiteral {
  std::vector<NodePtr> items;
};

struct MapLiteral {
  std::vector<std::pair<NodePtr, NodePtr>> entries;
};

// `!x`, `-x`, and their repetition.
struct Unary {
  enum class Operator { kNot, kNegate };

  Operator op;
  std::size_t times;
  NodePtr operand;
};

enum class BinaryOperator {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
};

// `first op operand op operand ...`, from left to right.
struct Chain {
  struct Link {
    BinaryOperator op;
    std::uint32_t offset;  // of the operator
    NodePtr operand;
  };

  NodePtr first;
  std::vector<Link> links;
};

// `a && b && ...` or `a || b || ...`.
struct Logic {
  bool isAnd;
  std::vector<NodePtr> operands;
};

// `c1 ? v1 : c2 ? v2 : ... : otherwise`.
struct Conditional {
  struct Branch {
    NodePtr condition;
    NodePtr value;
  };

  std::vector<Branch> branches;
  NodePtr otherwise;
};

// A macro over the items of a list or the keys of a map.
struct Comprehension {
  enum class Macro { kAll, kExists, kExistsOne, kMap, kFilter };

  Macro macro;
  NodePtr range;
  std::string variable;
  std::size_t slot;   // of the variable, filled in by resolve()
  NodePtr predicate;  // none: map() with two arguments
  NodePtr transform;  // of map()
};

struct Node {
  using Data = std::variant<Constant, Name, Select, Index, Call, ListLiteral, MapLiteral, Unary, Chain, Logic,
                            Conditional, Comprehension>;

  std::uint32_t offset;  // of what names the node best: its operator, its dot, its first token
  int height;            // of the tree below, 1 for a leaf
  Data data;
};

// Makes nodes and keeps their heights.
template <class Data>
NodePtr makeNode(std::uint32_t offset, int height, Data data) {
  return std::make_unique<Node>(Node{offset, height, std::move(data)});
}

}  // namespace faasbatch::cel
