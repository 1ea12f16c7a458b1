// The macros: has, all, exists, exists_one, map and filter (language definition, "Macros").
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <utility>

#include "lib/cel/budget.h"
#include "lib/cel/syntax.h"

namespace faasbatch::cel {

// Names of all macros, for hints.
std::span<const std::string_view> macroNames();

// The call as the macro it names, or as the call it is. Fails where a macro is used in a way it cannot be.
std::expected<Node::Data, Failure> expandMacro(std::uint32_t offset, Call call);

}  // namespace faasbatch::cel
