#include "lib/tree/tree.h"

#include <algorithm>

#include "lib/json/write.h"

namespace faasbatch::tree {

Tree Tree::boolean(bool v) {
  Tree tree;
  tree.kind = Kind::kBool;
  tree.flag = v;
  return tree;
}

Tree Tree::number(std::string text) {
  Tree tree;
  tree.kind = Kind::kNumber;
  tree.text = std::move(text);
  return tree;
}

Tree Tree::string(std::string text) {
  Tree tree;
  tree.kind = Kind::kString;
  tree.text = std::move(text);
  return tree;
}

Tree Tree::list() {
  Tree tree;
  tree.kind = Kind::kList;
  return tree;
}

Tree Tree::map() {
  Tree tree;
  tree.kind = Kind::kMap;
  return tree;
}

const Tree* Tree::find(std::string_view key) const {
  for (const TreeMember& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

Tree* Tree::find(std::string_view key) {
  for (TreeMember& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

Tree& Tree::add(std::string key, Tree value) {
  members.push_back({std::move(key), std::move(value)});
  return members.back().value;
}

void Tree::remove(std::string_view key) {
  std::erase_if(members, [&](const TreeMember& member) { return member.key == key; });
}

std::string_view Tree::kindName() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "a boolean";
    case Kind::kNumber:
      return "a number";
    case Kind::kString:
      return "a string";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  return "a value";
}

namespace {

void appendMap(std::string& out, const Tree& tree, KeyOrder order) {
  std::vector<const TreeMember*> members;
  members.reserve(tree.members.size());
  for (const TreeMember& member : tree.members) members.push_back(&member);
  if (order == KeyOrder::kSorted) std::ranges::sort(members, {}, &TreeMember::key);
  out += '{';
  bool first = true;
  for (const TreeMember* member : members) {
    if (!first) out += ',';
    first = false;
    json::appendString(out, member->key);
    out += ':';
    appendJson(out, member->value, order);
  }
  out += '}';
}

}  // namespace

void appendJson(std::string& out, const Tree& tree, KeyOrder order) {
  switch (tree.kind) {
    case Tree::Kind::kNull:
      out += "null";
      return;
    case Tree::Kind::kBool:
      out += tree.flag ? "true" : "false";
      return;
    case Tree::Kind::kNumber:
      out += tree.text;
      return;
    case Tree::Kind::kString:
      json::appendString(out, tree.text);
      return;
    case Tree::Kind::kList:
      out += '[';
      for (std::size_t i = 0; i < tree.items.size(); ++i) {
        if (i > 0) out += ',';
        appendJson(out, tree.items[i], order);
      }
      out += ']';
      return;
    case Tree::Kind::kMap:
      appendMap(out, tree, order);
      return;
  }
}

std::string toJson(const Tree& tree, KeyOrder order) {
  std::string out;
  appendJson(out, tree, order);
  return out;
}

}  // namespace faasbatch::tree
