#include "lib/json/path.h"

#include "lib/json/members.h"

namespace faasbatch::json {

std::optional<std::string_view> at(std::string_view text, std::initializer_list<std::string_view> path) {
  for (const std::string_view key : path) {
    const auto inside = members(text);
    if (!inside) return std::nullopt;
    const auto value = find(*inside, key);
    if (!value) return std::nullopt;
    text = *value;
  }
  return text;
}

}  // namespace faasbatch::json
