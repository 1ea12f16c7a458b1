#include "lib/tree/tree_builder.h"

#include <utility>

#include "lib/json/quote_name.h"

namespace faasbatch::tree {

std::string TreeBuilder::key(std::string text) {
  Frame& frame = open_.back();
  if (!frame.keys.insert(text).second) return "the key " + json::quoteName(text) + " is given twice";
  frame.key = std::move(text);
  frame.hasKey = true;
  return {};
}

std::string TreeBuilder::open(Tree container) {
  if (open_.size() >= kMaxTreeDepth) {
    return "lists and maps are more than " + std::to_string(kMaxTreeDepth) + " deep";
  }
  open_.push_back({.tree = std::move(container)});
  return {};
}

Tree TreeBuilder::close() {
  Tree tree = std::move(open_.back().tree);
  open_.pop_back();
  return tree;
}

void TreeBuilder::put(Tree value) {
  if (open_.empty()) {
    root_ = std::move(value);
    return;
  }
  Frame& frame = open_.back();
  if (frame.tree.isMap()) {
    frame.tree.add(std::move(frame.key), std::move(value));
    frame.hasKey = false;
  } else {
    frame.tree.items.push_back(std::move(value));
  }
}

}  // namespace faasbatch::tree
