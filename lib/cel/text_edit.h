// The string extensions that make new text (cel-go ext.Strings without `format`). Everything counts in code
// points.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace faasbatch::cel {

inline constexpr std::int64_t kUnlimited = -1;

// The first `limit` places of `from`, all of them if it is negative. An empty `from` stands before each code
// point and at the end. Stops, and leaves `fits` false, before the result is longer than `maxBytes`.
struct Replaced {
  std::string text;
  bool fits = true;
};
Replaced replaceText(std::string_view text, std::string_view from, std::string_view to, std::int64_t limit,
                     std::size_t maxBytes);

// The parts between `separator`, the last of `limit` parts being all the rest; all of them if it is negative.
// An empty separator stands between all code points.
std::vector<std::string_view> splitText(std::string_view text, std::string_view separator,
                                        std::int64_t limit);

std::string_view trimText(std::string_view text);  // without Unicode white space at both ends
std::string reverseText(std::string_view text);
std::string quoteText(std::string_view text);  // as a literal of the language in double quotes
std::string lowerAsciiText(std::string text);
std::string upperAsciiText(std::string text);

}  // namespace faasbatch::cel
