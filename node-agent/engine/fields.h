// Reads JSON that this project writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/json/members.h"

namespace faasbatch::engine {

// The members of one JSON object; remembers the first that is missing or of another type.
class Fields {
 public:
  explicit Fields(std::string_view text) {
    auto members = json::members(text);
    if (!members) {
      fail("an object");
    } else {
      members_ = std::move(*members);
    }
  }

  std::optional<std::string_view> raw(std::string_view key) const { return json::find(members_, key); }
  bool has(std::string_view key) const { return raw(key).has_value(); }
  const std::vector<json::Member>& all() const { return members_; }

  std::string text(std::string_view key) {
    const auto found = raw(key);
    auto value = found ? json::asString(*found) : std::nullopt;
    if (!value) fail(key);
    return value.value_or("");
  }
  std::int64_t number(std::string_view key) {
    const auto found = raw(key);
    const auto value = found ? json::asInt(*found) : std::nullopt;
    if (!value) fail(key);
    return value.value_or(0);
  }
  std::uint32_t small(std::string_view key) {
    const std::int64_t value = number(key);
    if (value < 0 || value > UINT32_MAX) fail(key);
    return static_cast<std::uint32_t>(value);
  }
  bool flag(std::string_view key) {
    const auto found = raw(key);
    const auto value = found ? json::asBool(*found) : std::nullopt;
    if (!value) fail(key);
    return value.value_or(false);
  }
  Fields object(std::string_view key) {
    const auto found = raw(key);
    Fields inner(found.value_or("{}"));
    if (!found || !inner.error_.empty()) fail(key);
    return inner;
  }

  void fail(std::string_view what) {
    if (error_.empty()) error_ = what;
  }
  void take(const Fields& inner) {
    if (!inner.error_.empty()) fail(inner.error_);
  }
  const std::string& error() const { return error_; }

 private:
  std::vector<json::Member> members_;
  std::string error_;
};

}  // namespace faasbatch::engine
