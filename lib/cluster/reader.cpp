#include "lib/cluster/reader.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace faasbatch::cluster {

Reader::Reader(std::string_view text, std::string path) : path_(std::move(path)) {
  if (auto members = json::members(text)) {
    members_ = std::move(*members);
  } else {
    fault_ = (path_.empty() ? "it" : path_) + " must be an object";
  }
}

std::optional<std::string_view> Reader::raw(std::string_view key) const {
  if (!fault_.empty()) return std::nullopt;
  const auto value = json::find(members_, key);
  return value == "null" ? std::nullopt : value;
}

std::string Reader::at(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void Reader::wrong(std::string_view key, std::string_view expected) {
  fault_ = at(key) + " must be " + std::string(expected);
}

Reader& Reader::text(std::string_view key, std::string& target) {
  if (const auto value = raw(key)) {
    auto text = json::asString(*value);
    if (!text) wrong(key, "a string");
    if (text) target = std::move(*text);
  }
  return *this;
}

Reader& Reader::boolean(std::string_view key, bool& target) {
  if (const auto value = raw(key)) {
    const auto flag = json::asBool(*value);
    if (!flag) wrong(key, "true or false");
    if (flag) target = *flag;
  }
  return *this;
}

std::optional<std::uint64_t> Reader::wholeNumber(std::string_view key, std::uint64_t most) {
  const auto value = raw(key);
  if (!value) return std::nullopt;
  most = std::min<std::uint64_t>(most, INT64_MAX);
  const auto number = json::asInt(*value);
  if (number && *number >= 0 && std::cmp_less_equal(*number, most))
    return static_cast<std::uint64_t>(*number);
  wrong(key, "a whole number from 0 to " + std::to_string(most));
  return std::nullopt;
}

Reader& Reader::duration(std::string_view key, base::Duration& target) {
  std::int64_t ns = target.count();
  number(key, ns);
  target = base::Duration(ns);
  return *this;
}

std::vector<std::string_view> Reader::elements(std::string_view key, std::size_t most) {
  const auto value = raw(key);
  if (!value) return {};
  auto found = json::elements(*value);
  if (found && found->size() <= most) return std::move(*found);
  wrong(key, "a list of at most " + std::to_string(most) + " items");
  return {};
}

Reader& Reader::list(std::string_view key, std::size_t most, const std::function<void(Reader& item)>& item) {
  std::size_t index = 0;
  for (const std::string_view element : elements(key, most)) {
    Reader reader(element, at(key) + "[" + std::to_string(index++) + "]");
    if (reader.fault_.empty()) item(reader);
    if (reader.fault_.empty()) continue;
    fault_ = std::move(reader.fault_);
    break;
  }
  return *this;
}

Reader& Reader::texts(std::string_view key, std::size_t most, std::vector<std::string>& target) {
  for (const std::string_view element : elements(key, most)) {
    auto text = json::asString(element);
    if (!text) {
      wrong(key, "a list of strings");
      break;
    }
    target.push_back(std::move(*text));
  }
  return *this;
}

Reader& Reader::require(bool holds, std::string_view what) {
  if (fault_.empty() && !holds) fault_ = (path_.empty() ? "" : path_ + ": ") + std::string(what);
  return *this;
}

}  // namespace faasbatch::cluster
