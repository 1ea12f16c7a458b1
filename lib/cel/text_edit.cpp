#include "lib/cel/text_edit.h"

#include <algorithm>

#include "lib/cel/text_search.h"
#include "lib/cel/utf8.h"

namespace faasbatch::cel {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool isSpace(std::uint32_t code) {
  return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0x85 || code == 0xA0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F ||
         code == 0x205F || code == 0x3000;
}

// Where the code point that ends at `end` begins.
std::size_t previousCodePoint(std::string_view text, std::size_t end) {
  do --end;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
  return end;
}

std::vector<std::string_view> explode(std::string_view text, std::int64_t limit) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const bool last = static_cast<std::int64_t>(parts.size()) == limit - 1;
    const std::size_t bytes = last ? text.size() : codePointBytes(text);
    parts.push_back(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  return parts;
}

}  // namespace

Replaced replaceText(std::string_view text, std::string_view from, std::string_view to, std::int64_t limit,
                     std::size_t maxBytes) {
  Replaced result;
  std::size_t done = 0;  // bytes of text that are in the result
  for (std::int64_t count = 0; limit < 0 || count < limit; ++count) {
    std::size_t at = done;
    if (!from.empty())
      at = findText(text, from, done);
    else if (count > 0)
      at = done < text.size() ? done + codePointBytes(text.substr(done)) : kNone;
    if (at == kNone) break;
    if (result.text.size() + (at - done) + to.size() > maxBytes) return {"", false};
    result.text.append(text.substr(done, at - done)).append(to);
    done = at + from.size();
  }
  if (result.text.size() + (text.size() - done) > maxBytes) return {"", false};
  result.text.append(text.substr(done));
  return result;
}

std::vector<std::string_view> splitText(std::string_view text, std::string_view separator,
                                        std::int64_t limit) {
  if (limit == 0) return {};
  if (separator.empty()) return explode(text, limit);
  std::vector<std::string_view> parts;
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) < limit - 1) {
    const std::size_t at = findText(text, separator);
    if (at == kNone) break;
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.push_back(text);
  return parts;
}

std::string_view trimText(std::string_view text) {
  while (!text.empty() && isSpace(decodeCodePoint(text))) text.remove_prefix(codePointBytes(text));
  while (!text.empty()) {
    const std::size_t last = previousCodePoint(text, text.size());
    if (!isSpace(decodeCodePoint(text.substr(last)))) break;
    text = text.substr(0, last);
  }
  return text;
}

std::string reverseText(std::string_view text) {
  std::string reversed;
  reversed.reserve(text.size());
  for (std::size_t end = text.size(); end > 0;) {
    const std::size_t begin = previousCodePoint(text, end);
    reversed.append(text.substr(begin, end - begin));
    end = begin;
  }
  return reversed;
}

std::string quoteText(std::string_view text) {
  static constexpr std::string_view kSpecial = "\a\b\f\n\r\t\v\\\"";
  static constexpr std::string_view kLetters = "abfnrtv\\\"";
  std::string quoted = "\"";
  for (const char c : text) {
    const std::size_t special = kSpecial.find(c);
    if (special == kNone) {
      quoted += c;
    } else {
      quoted += '\\';
      quoted += kLetters[special];
    }
  }
  return quoted + "\"";
}

std::string lowerAsciiText(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return text;
}

std::string upperAsciiText(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  return text;
}

}  // namespace faasbatch::cel
