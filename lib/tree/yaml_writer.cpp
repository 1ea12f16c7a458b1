#include <algorithm>
#include <array>

#include "lib/json/write.h"
#include "lib/tree/tree.h"
#include "lib/tree/yaml.h"
#include "lib/tree/yaml_scalar.h"

namespace faasbatch::tree {
namespace {

// Words that a reader of YAML 1.1 takes for something else than a string.
constexpr std::array<std::string_view, 8> kWords{"y", "n", "yes", "no", "on", "off", "true", "false"};
constexpr std::size_t kMaxPlainBytes = 200;

bool plainCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.' || c == '/';
}

// Whether the string reads back as itself without quotes: words of harmless characters, single blanks between
// them.
bool plain(std::string_view text) {
  if (text.empty() || text.size() > kMaxPlainBytes) return false;
  const char first = text.front();
  if (!((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '_' || first == '/'))
    return false;
  if (text.back() == ' ') return false;
  if (!std::ranges::all_of(text, [](char c) { return plainCharacter(c) || c == ' '; })) return false;
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (std::ranges::find(kWords, lower) != kWords.end()) return false;
  const auto read = resolvePlainScalar(text);
  return read && read->isString();
}

// Whether the string can stand as a literal block: several lines of printable text, the first not indented or
// empty.
bool literal(std::string_view text) {
  if (!text.contains('\n') || text.front() == ' ' || text.front() == '\n' || text.front() == '\t')
    return false;
  if (text.contains(" \n") || text.back() == ' ' || text.ends_with("\n\n")) return false;
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\n' || (byte >= 0x20 && byte < 0x7F);
  });
}

void writeValue(std::string& out, const Tree& tree, std::size_t indent);

void writeLiteral(std::string& out, std::string_view text, std::size_t indent) {
  out += text.ends_with('\n') ? " |\n" : " |-\n";
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (!line.empty()) out.append(indent, ' ');
    out += line;
    out += '\n';
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

// In double quotes, which read JSON's escapes too. DEL stands in JSON as it is, but may not in YAML.
std::string quoted(std::string_view text) {
  std::string out = json::quoted(text);
  for (std::size_t at = out.find('\x7f'); at != std::string::npos; at = out.find('\x7f', at)) {
    out.replace(at, 1, "\\u007f");
  }
  return out;
}

std::string scalar(const Tree& tree) {
  if (!tree.isString()) return toJson(tree);
  return plain(tree.text) ? tree.text : quoted(tree.text);
}

void writeMembers(std::string& out, const Tree& tree, std::size_t indent, bool firstInline) {
  for (const TreeMember& member : tree.members) {
    if (!firstInline) out.append(indent, ' ');
    firstInline = false;
    out += plain(member.key) ? member.key : quoted(member.key);
    out += ':';
    writeValue(out, member.value, indent);
  }
}

// Behind "- ": a map begins on the same line, a list of a list on the next.
void writeItem(std::string& out, const Tree& item, std::size_t indent) {
  out.append(indent, ' ');
  out += '-';
  if (item.isMap() && !item.members.empty()) {
    out += ' ';
    writeMembers(out, item, indent + 2, true);
  } else {
    writeValue(out, item, indent + 2);
  }
}

// Behind "key:" or "-", up to and with the line break.
void writeValue(std::string& out, const Tree& tree, std::size_t indent) {
  if (tree.isMap() && !tree.members.empty()) {
    out += '\n';
    writeMembers(out, tree, indent + 2, false);
  } else if (tree.isList() && !tree.items.empty()) {
    out += '\n';
    for (const Tree& item : tree.items) writeItem(out, item, indent);
  } else if (tree.isString() && literal(tree.text)) {
    writeLiteral(out, tree.text, indent + 2);
  } else {
    out += ' ' + scalar(tree) + '\n';
  }
}

}  // namespace

base::Result<std::string> jsonToYaml(std::string_view json) {
  const auto tree = parseJson(json);
  if (!tree) return std::unexpected(tree.error());
  std::string out;
  if (tree->isMap() && !tree->members.empty()) {
    writeMembers(out, *tree, 0, false);
  } else if (tree->isList() && !tree->items.empty()) {
    for (const Tree& item : tree->items) writeItem(out, item, 0);
  } else {
    out = scalar(*tree) + "\n";
  }
  return out;
}

}  // namespace faasbatch::tree
