#include "lib/cel/map.h"

#include <bit>
#include <cmath>
#include <functional>
#include <optional>
#include <string>

namespace faasbatch::cel {
namespace {

using Kind = Value::Kind;

std::size_t hashText(std::string_view text) { return std::hash<std::string_view>{}(text); }

std::size_t hashBits(std::uint64_t bits) {
  bits ^= bits >> 31;
  return static_cast<std::size_t>(bits * 0x9E3779B97F4A7C15ULL);
}

// Keys that are equal hash alike: every number by the integer it is.
std::size_t hashKey(const Value& key) {
  switch (key.kind()) {
    case Kind::kString:
      return hashText(key.asString());
    case Kind::kBool:
      return key.asBool() ? 1 : 2;
    case Kind::kInt:
      return hashBits(static_cast<std::uint64_t>(key.asInt()));
    case Kind::kUint:
      return hashBits(key.asUint());
    default:
      return 0;
  }
}

// The int or uint that a double is exactly; a double that is none finds nothing.
std::optional<Value> exactKey(double number) {
  if (std::trunc(number) != number) return std::nullopt;
  if (number >= -0x1p63 && number < 0x1p63) return Value::integer(static_cast<std::int64_t>(number));
  if (number >= 0 && number < 0x1p64) return Value::unsignedInteger(static_cast<std::uint64_t>(number));
  return std::nullopt;
}

}  // namespace

bool MapValue::validKey(const Value& key) {
  const Kind kind = key.kind();
  return kind == Kind::kBool || kind == Kind::kInt || kind == Kind::kUint || kind == Kind::kString;
}

MapValue::MapValue(std::vector<Entry> entries) {
  if (entries.size() > kLinear) buildIndex(entries.size());
  entries_.reserve(entries.size());
  for (Entry& entry : entries) {
    const std::uint32_t place = findEntry(entry.first);
    if (place != kFree) {
      entries_[place] = std::move(entry);
      continue;
    }
    if (!index_.empty()) {
      const std::size_t mask = index_.size() - 1;
      std::size_t slot = hashKey(entry.first) & mask;
      while (index_[slot] != kFree) slot = (slot + 1) & mask;
      index_[slot] = static_cast<std::uint32_t>(entries_.size());
    }
    entries_.push_back(std::move(entry));
  }
}

void MapValue::buildIndex(std::size_t capacity) { index_.assign(std::bit_ceil(capacity * 2), kFree); }

std::uint32_t MapValue::findEntry(const Value& key) const {
  if (index_.empty()) {
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (entries_[i].first == key) return static_cast<std::uint32_t>(i);
    return kFree;
  }
  const std::size_t mask = index_.size() - 1;
  for (std::size_t slot = hashKey(key) & mask; index_[slot] != kFree; slot = (slot + 1) & mask)
    if (entries_[index_[slot]].first == key) return index_[slot];
  return kFree;
}

const Value* MapValue::find(const Value& key) const {
  if (key.kind() == Kind::kDouble) {
    const auto exact = exactKey(key.asDouble());
    return exact ? find(*exact) : nullptr;
  }
  if (!validKey(key)) return nullptr;
  const std::uint32_t place = findEntry(key);
  return place == kFree ? nullptr : &entries_[place].second;
}

const Value* MapValue::find(std::string_view key) const {
  const auto matches = [key](const Entry& entry) {
    return entry.first.kind() == Kind::kString && entry.first.asString() == key;
  };
  if (index_.empty()) {
    for (const Entry& entry : entries_)
      if (matches(entry)) return &entry.second;
    return nullptr;
  }
  const std::size_t mask = index_.size() - 1;
  for (std::size_t slot = hashText(key) & mask; index_[slot] != kFree; slot = (slot + 1) & mask)
    if (matches(entries_[index_[slot]])) return &entries_[index_[slot]].second;
  return nullptr;
}

}  // namespace faasbatch::cel
