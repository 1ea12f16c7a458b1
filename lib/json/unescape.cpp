#include "lib/json/unescape.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "lib/json/utf8.h"

namespace faasbatch::json {
namespace {

// The four hexadecimal digits that `text` begins with.
std::optional<std::uint32_t> hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.begin() + 4, value, 16);
  if (error != std::errc() || end != text.begin() + 4) return std::nullopt;
  return value;
}

// Appends what the escape at the start of `text` (behind its backslash) stands for; returns its length there,
// or 0.
std::size_t appendEscaped(std::string& out, std::string_view text) {
  static constexpr std::string_view kNames = "\"\\/bfnrt";
  static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (text.empty()) return 0;
  if (const auto i = kNames.find(text[0]); i != kNames.npos) {
    out += kMeanings[i];
    return 1;
  }
  if (text[0] != 'u') return 0;
  const auto unit = hex4(text.substr(1));
  if (!unit || (*unit >= 0xDC00 && *unit <= 0xDFFF)) return 0;
  if (*unit < 0xD800 || *unit > 0xDFFF) {
    appendUtf8(out, *unit);
    return 5;
  }
  if (text.substr(5, 2) != "\\u") return 0;
  const auto low = hex4(text.substr(7));
  if (!low || *low < 0xDC00 || *low > 0xDFFF) return 0;
  appendUtf8(out, 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00));
  return 11;
}

}  // namespace

std::optional<std::string> unescape(std::string_view inner) {
  std::string out;
  out.reserve(inner.size());
  while (!inner.empty()) {
    std::size_t taken = 1;
    const char c = inner.front();
    if (c == '\\') {
      const std::size_t length = appendEscaped(out, inner.substr(1));
      if (length == 0) return std::nullopt;
      taken = 1 + length;
    } else {
      taken = utf8Length(inner);
      if (taken == 0 || c == '"' || static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      out.append(inner.substr(0, taken));
    }
    inner.remove_prefix(taken);
  }
  return out;
}

}  // namespace faasbatch::json
