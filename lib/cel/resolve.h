// Names of the syntax tree to what they mean: macro variables, variables, types and functions.
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cel/budget.h"
#include "lib/cel/expression.h"
#include "lib/cel/syntax.h"

namespace faasbatch::cel {

// An expression ready to be evaluated.
struct Program {
  NodePtr root;
  std::vector<std::string> variables;  // by slot, each once
  std::vector<Reference> references;
  std::size_t macroVariables = 0;  // most of them alive at once
};

enum class Strictness {
  kChecked,    // unknown variables and functions and wrong counts of arguments are errors
  kUnchecked,  // they fail when they are evaluated
};

// A name that stands in `variables` (which may be dotted, as in `a.b`; the longest wins) is a variable,
// unless a macro variable of that name is in scope. Otherwise it may be a type.
std::expected<Program, Failure> resolve(NodePtr root, std::span<const std::string_view> variables,
                                        Strictness strictness);

}  // namespace faasbatch::cel
