#include "lib/json/indent.h"

#include <cstddef>

namespace faasbatch::json {
namespace {

bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// One past the end of the string literal that begins at `at`.
std::size_t endOfString(std::string_view json, std::size_t at) {
  for (std::size_t i = at + 1; i < json.size(); ++i) {
    if (json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      return i + 1;
    }
  }
  return json.size();
}

}  // namespace

std::string indented(std::string_view json) {
  std::string out;
  out.reserve(json.size() + json.size() / 2);
  std::size_t depth = 0;
  const auto newLine = [&] { out.append(1, '\n').append(2 * depth, ' '); };
  for (std::size_t i = 0; i < json.size();) {
    const char c = json[i];
    const std::size_t end = c == '"' ? endOfString(json, i) : i + 1;
    const std::string_view token = json.substr(i, end - i);
    i = end;
    if (isBlank(c)) continue;
    // Of a value or a key only a string could end so, and it ends with a quote.
    const bool opened = !out.empty() && (out.back() == '{' || out.back() == '[');
    const bool closes = c == '}' || c == ']';
    if (closes) --depth;
    if (opened != closes) newLine();
    out.append(token);
    if (c == '{' || c == '[') ++depth;
    if (c == ',') newLine();
    if (c == ':') out += ' ';
  }
  return out;
}

}  // namespace faasbatch::json
