#include "lib/workflow/names.h"

#include <algorithm>

#include "lib/json/quote_name.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {
namespace {

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool lowerAlnum(char c) { return (c >= 'a' && c <= 'z') || digit(c); }

bool stepName(std::string_view name) {
  return !name.empty() && letter(name[0]) &&
         std::ranges::all_of(name, [](char c) { return letter(c) || digit(c) || c == '-'; });
}

bool subdomain(std::string_view name) {
  bool edge = true;  // at the edge of a part only letters and digits may stand
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool last = i + 1 == name.size() || name[i + 1] == '.';
    if (name[i] == '.') {
      if (edge) return false;
      edge = true;
    } else {
      if (!lowerAlnum(name[i]) && (name[i] != '-' || edge || last)) return false;
      edge = false;
    }
  }
  return !name.empty() && !edge;
}

}  // namespace

std::string checkObjectName(std::string_view name) {
  if (name.size() > kMaxObjectNameBytes) {
    return "must be at most " + std::to_string(kMaxObjectNameBytes) + " characters, not " +
           std::to_string(name.size());
  }
  if (subdomain(name)) return {};
  return "must be lower case letters, digits, \"-\" and \".\", beginning and ending with a letter or digit, "
         "not " +
         json::quoteName(name);
}

std::string checkStepName(std::string_view name) {
  if (name.size() > kMaxStepNameBytes) {
    return "must be at most " + std::to_string(kMaxStepNameBytes) + " characters, not " +
           std::to_string(name.size());
  }
  if (stepName(name)) return {};
  return "must begin with a letter or \"_\" and go on with letters, digits, \"_\" and \"-\", not " +
         json::quoteName(name);
}

bool isIdentifier(std::string_view text) {
  return !text.empty() && letter(text[0]) &&
         std::ranges::all_of(text, [](char c) { return letter(c) || digit(c); });
}

bool isDottedName(std::string_view text, std::size_t parts) {
  std::size_t count = 0;
  while (true) {
    const auto dot = text.find('.');
    if (!isIdentifier(text.substr(0, dot))) return false;
    ++count;
    if (dot == std::string_view::npos) return count >= parts;
    text.remove_prefix(dot + 1);
  }
}

std::string memberPath(std::string_view path, std::string_view key) {
  std::string out(path);
  if (!stepName(key)) return out + "[" + std::string(key.substr(0, json::kMaxQuotedBytes)) + "]";
  if (!out.empty()) out += '.';
  out += key.substr(0, json::kMaxQuotedBytes);
  return out;
}

std::string itemPath(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

}  // namespace faasbatch::workflow
