#include "lib/cel/text_search.h"

#include <cstring>
#include <string>

namespace faasbatch::cel {

// memmem of the C library is the two-way algorithm of Crochemore and Perrin.
std::size_t findText(std::string_view text, std::string_view needle, std::size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (needle.empty()) return from;
  const void* const found = memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::size_t findLastText(std::string_view text, std::string_view needle) {
  if (needle.size() > text.size()) return std::string_view::npos;
  const std::string backwards(text.rbegin(), text.rend());
  const std::string reversed(needle.rbegin(), needle.rend());
  const std::size_t found = findText(backwards, reversed);
  return found == std::string_view::npos ? found : text.size() - found - needle.size();
}

}  // namespace faasbatch::cel
