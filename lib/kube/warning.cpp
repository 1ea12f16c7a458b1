#include "lib/kube/warning.h"

#include <algorithm>
#include <optional>

namespace faasbatch::kube {
namespace {

void skip(std::string_view& text, std::string_view characters) {
  text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
}

// Up to a blank, which goes too.
std::string_view takeWord(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  skip(text, " ");
  return word;
}

// RFC 9110, 5.6.4. Nothing where it does not begin here or has no end.
std::optional<std::string> takeQuoted(std::string_view& text) {
  if (!text.starts_with('"')) return std::nullopt;
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return out;
    }
    if (text[i] == '\\') ++i;
    if (i < text.size()) out += text[i];
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> parseWarnings(std::string_view value) {
  std::vector<std::string> found;
  while (true) {
    skip(value, " ,");
    takeWord(value);  // the code, 299
    takeWord(value);  // the agent, "-"
    auto text = takeQuoted(value);
    if (!text) return found;
    found.push_back(std::move(*text));
    skip(value, " ");
    if (value.starts_with('"') && !takeQuoted(value)) return found;  // a date
  }
}

}  // namespace faasbatch::kube
