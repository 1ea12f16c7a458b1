// Tokens to the syntax tree (language definition, "Syntax"), macros expanded.
#pragma once

#include <expected>
#include <string_view>

#include "lib/cel/budget.h"
#include "lib/cel/syntax.h"

namespace faasbatch::cel {

// Never recurses deeper than Expression::kMaxNesting; the tree is at most as high. Precondition: the text is
// UTF-8 of at most Expression::kMaxBytes bytes.
std::expected<NodePtr, Failure> parseSyntax(std::string_view text);

}  // namespace faasbatch::cel
