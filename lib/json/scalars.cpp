// Scalars out of raw values (members.h).
#include <charconv>

#include "lib/json/members.h"
#include "lib/json/unescape.h"

namespace faasbatch::json {
namespace {

// JSON numbers begin with a digit or with '-' and a digit: not with '+', '.', "inf" or "nan".
bool beginsAsNumber(std::string_view raw) {
  if (raw.starts_with('-')) raw.remove_prefix(1);
  return !raw.empty() && raw.front() >= '0' && raw.front() <= '9';
}

template <class Number>
std::optional<Number> parseNumber(std::string_view raw) {
  if (!beginsAsNumber(raw)) return std::nullopt;
  Number value{};
  const auto [end, error] = std::from_chars(raw.begin(), raw.end(), value);
  if (error != std::errc() || end != raw.end()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::string> asString(std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') return std::nullopt;
  return unescape(raw.substr(1, raw.size() - 2));
}

std::optional<std::int64_t> asInt(std::string_view raw) { return parseNumber<std::int64_t>(raw); }

std::optional<double> asDouble(std::string_view raw) { return parseNumber<double>(raw); }

std::optional<bool> asBool(std::string_view raw) {
  if (raw == "true") return true;
  if (raw == "false") return false;
  return std::nullopt;
}

}  // namespace faasbatch::json
