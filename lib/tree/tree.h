// A parsed manifest: what YAML and JSON have in common, with numbers as they were written and members in
// their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace faasbatch::tree {

inline constexpr std::size_t kMaxTreeDepth = 100;  // lists and maps inside one another

struct TreeMember;

// A plain value: copying copies. Its depth is at most kMaxTreeDepth where it came from a parser, so that
// walking it by recursion is safe.
struct Tree {
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kList, kMap };

  Kind kind = Kind::kNull;
  bool flag = false;                // kBool
  std::string text;                 // kNumber: JSON's form; kString: the characters
  std::vector<Tree> items;          // kList
  std::vector<TreeMember> members;  // kMap: no two of one key

  static Tree boolean(bool v);
  static Tree number(std::string text);
  static Tree string(std::string text);
  static Tree list();
  static Tree map();

  bool isNull() const { return kind == Kind::kNull; }
  bool isString() const { return kind == Kind::kString; }
  bool isList() const { return kind == Kind::kList; }
  bool isMap() const { return kind == Kind::kMap; }

  // The member of that key; null where there is none or this is no map.
  const Tree* find(std::string_view key) const;
  Tree* find(std::string_view key);
  // Appends a member. Precondition: a map without that key. Invalidates pointers to members.
  Tree& add(std::string key, Tree value);
  void remove(std::string_view key);

  // "a string", "a list", ...: for messages.
  std::string_view kindName() const;
};

struct TreeMember {
  std::string key;
  Tree value;
};

// JSON text to a tree. Kind "InvalidJson" with line and column: not JSON, a key given twice, or deeper than
// kMaxTreeDepth.
base::Result<Tree> parseJson(std::string_view json);

// Compact JSON. Members in their order, or sorted by key where the text is compared or hashed.
enum class KeyOrder : std::uint8_t { kAsWritten, kSorted };
std::string toJson(const Tree& tree, KeyOrder order = KeyOrder::kAsWritten);
void appendJson(std::string& out, const Tree& tree, KeyOrder order = KeyOrder::kAsWritten);

}  // namespace faasbatch::tree
