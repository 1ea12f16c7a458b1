// Builds a tree from the events of a parser, JSON's or YAML's, under one set of bounds.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_set>
#include <vector>

#include "lib/tree/tree.h"

namespace faasbatch::tree {

// Each call is one event; the parser guarantees their grammar (a key comes before its value, containers close
// in order). Calls that can fail return what is wrong, or an empty string; after a fault the builder must not
// be used further.
class TreeBuilder {
 public:
  std::string key(std::string text);
  std::string open(Tree container);
  Tree close();  // the container just closed is moved into its parent by put()
  void put(Tree value);

  std::size_t depth() const { return open_.size(); }
  bool expectsKey() const { return !open_.empty() && open_.back().tree.isMap() && !open_.back().hasKey; }
  Tree takeRoot() { return std::move(root_); }

 private:
  struct Frame {
    Tree tree;
    std::string key;
    bool hasKey = false;
    std::unordered_set<std::string> keys;
  };
  std::vector<Frame> open_;
  Tree root_;
};

}  // namespace faasbatch::tree
