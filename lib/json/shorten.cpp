#include "lib/json/shorten.h"

namespace faasbatch::json {

std::string_view beginningOf(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80) --most;
  return text.substr(0, most);
}

std::string shortened(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  constexpr std::string_view kMore = "...";
  text.resize(beginningOf(text, most - kMore.size()).size());
  return text.append(kMore);
}

}  // namespace faasbatch::json
