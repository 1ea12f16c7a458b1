// Reading a JSON object of ours field by field: the first wrong field ends it, by its path.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "lib/json/members.h"

namespace faasbatch::cluster {

// Absent and null fields leave their target as it was, unknown ones are ignored: the writer may be of another
// version. Once fault() says something, every call does nothing. Keeps references to `text`, which is checked
// JSON.
class Reader {
 public:
  Reader(std::string_view text, std::string path);

  Reader& text(std::string_view key, std::string& target);
  Reader& boolean(std::string_view key, bool& target);
  Reader& duration(std::string_view key, base::Duration& target);  // whole nanoseconds
  template <std::integral Integer>
  Reader& number(std::string_view key, Integer& target) {
    const auto most = static_cast<std::uint64_t>(std::numeric_limits<Integer>::max());
    if (const auto value = wholeNumber(key, most)) target = static_cast<Integer>(*value);
    return *this;
  }
  // `item` for each element, with a reader of its own; at most `most`. What an item's reader found wrong is
  // this one's fault.
  Reader& list(std::string_view key, std::size_t most, const std::function<void(Reader& item)>& item);
  Reader& texts(std::string_view key, std::size_t most, std::vector<std::string>& target);

  bool has(std::string_view key) const { return raw(key).has_value(); }
  Reader& require(bool holds, std::string_view what);  // a rule about the object as a whole

  const std::string& fault() const { return fault_; }  // "workflows[2].runs must be ..."; empty: none

 private:
  std::optional<std::string_view> raw(std::string_view key) const;
  std::optional<std::uint64_t> wholeNumber(std::string_view key, std::uint64_t most);
  std::vector<std::string_view> elements(std::string_view key, std::size_t most);
  std::string at(std::string_view key) const;
  void wrong(std::string_view key, std::string_view expected);

  std::string path_;
  std::vector<json::Member> members_;
  std::string fault_;
};

}  // namespace faasbatch::cluster
