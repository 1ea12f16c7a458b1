// A bounded cache whose entries end by themselves.
#pragma once

#include <cstddef>
#include <deque>
#include <unordered_map>
#include <utility>

#include "lib/base/time.h"

namespace faasbatch::access {

// At most `bound` entries: the one put in first makes room. No clock of its own.
template <class Key, class Value, class Hash = std::hash<Key>>
class ExpiringCache {
 public:
  explicit ExpiringCache(std::size_t bound) : bound_(bound) {}

  // nullptr: not known, or no more. Valid until the next call.
  const Value* find(const Key& key, base::Instant now) const {
    const auto found = entries_.find(key);
    return found == entries_.end() || now >= found->second.end ? nullptr : &found->second.value;
  }

  // Whether it was known, also where it is no more, as long as no other has taken its place.
  bool knew(const Key& key) const { return entries_.contains(key); }

  void put(const Key& key, Value value, base::Instant end) {
    const auto [entry, isNew] = entries_.insert_or_assign(key, Entry{std::move(value), end});
    if (!isNew) return;
    order_.push_back(key);
    if (order_.size() <= bound_) return;
    entries_.erase(order_.front());
    order_.pop_front();
  }

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Value value;
    base::Instant end;
  };
  std::size_t bound_;
  std::unordered_map<Key, Entry, Hash> entries_;
  std::deque<Key> order_;  // of the entries, as they came
};

}  // namespace faasbatch::access
