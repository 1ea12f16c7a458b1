// The map of CEL: a few entries are searched one by one, many through a hash index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/cel/value.h"

namespace faasbatch::cel {

// Immutable. Entries stay in the order they were given; no two keys are equal (1, 1u and 1.0 are).
class MapValue {
 public:
  using Entry = std::pair<Value, Value>;

  // A later entry of an equal key takes the place and key of the earlier one. Precondition: validKey() of
  // each key.
  explicit MapValue(std::vector<Entry> entries);

  // bool, int, uint and string; a double finds the equal int or uint but is none itself.
  static bool validKey(const Value& key);

  // The value of `key`, or null pointer; lives as long as the map.
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;

  const std::vector<Entry>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

 private:
  static constexpr std::size_t kLinear = 8;  // up to so many entries a search beats hashing
  static constexpr std::uint32_t kFree = UINT32_MAX;

  void buildIndex(std::size_t capacity);
  std::uint32_t findEntry(const Value& key) const;

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> index_;  // open addressing over entries_; a power of two long, at most half full
};

}  // namespace faasbatch::cel
