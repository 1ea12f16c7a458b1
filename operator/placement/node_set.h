// A set of nodes, by their indexes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace faasbatch::placement {

class NodeSet {
 public:
  NodeSet() = default;
  NodeSet(std::size_t nodes, bool all) : words_((nodes + 63) / 64, all ? ~std::uint64_t{0} : 0) {
    if (all && nodes % 64 != 0) words_.back() = (std::uint64_t{1} << (nodes % 64)) - 1;
  }
  bool contains(std::size_t node) const { return (words_[node / 64] >> (node % 64) & 1) != 0; }
  void add(std::size_t node) { words_[node / 64] |= std::uint64_t{1} << (node % 64); }
  void remove(std::size_t node) { words_[node / 64] &= ~(std::uint64_t{1} << (node % 64)); }
  NodeSet& operator&=(const NodeSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  bool empty() const {
    for (const std::uint64_t word : words_) {
      if (word != 0) return false;
    }
    return true;
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace faasbatch::placement
