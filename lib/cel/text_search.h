// Searching text in linear time, which std::string_view does not promise.
#pragma once

#include <cstddef>
#include <string_view>

namespace faasbatch::cel {

// First place of `needle` at or behind `from`, or npos. Time linear in both.
std::size_t findText(std::string_view text, std::string_view needle, std::size_t from = 0);

// Last place of `needle` in the text, or npos. Time and memory linear in both.
std::size_t findLastText(std::string_view text, std::string_view needle);

}  // namespace faasbatch::cel
