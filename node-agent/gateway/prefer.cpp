#include "node-agent/gateway/prefer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace faasbatch::gateway {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Where `mark` stands first, but for what a quoted string holds; the end where it does not.
std::size_t outsideQuotes(std::string_view text, char mark) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == mark) {
      return i;
    }
  }
  return text.size();
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

}  // namespace

std::optional<base::Duration> parseWait(std::string_view seconds) {
  double value = 0;
  const auto [end, error] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), value);
  if (error != std::errc() || end != seconds.data() + seconds.size() || !(value >= 0)) return std::nullopt;
  const double bound = std::chrono::duration<double>(kMaxWait).count();
  return std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(std::min(value, bound)));
}

std::string preferenceApplied(const Preference& preference, bool accepted) {
  if (!preference.respondAsync) return {};
  std::string applied = accepted ? "respond-async" : "";
  if (preference.wait) {
    std::array<char, 32> digits{};
    const double seconds = std::chrono::duration<double>(*preference.wait).count();
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), seconds);
    applied.append(applied.empty() ? "wait=" : ", wait=").append(digits.data(), end);
  }
  return applied;
}

Preference parsePrefer(std::string_view header) {
  Preference preference;
  while (!header.empty()) {
    const std::string_view whole = header.substr(0, outsideQuotes(header, ','));
    header.remove_prefix(std::min(header.size(), whole.size() + 1));
    const std::string_view entry = whole.substr(0, outsideQuotes(whole, ';'));
    const auto equals = entry.find('=');
    const std::string name = lowered(trimmed(entry.substr(0, equals)));
    if (name == "respond-async") preference.respondAsync = true;
    if (name != "wait" || equals == std::string_view::npos || preference.wait) continue;
    std::string_view value = trimmed(entry.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    preference.wait = parseWait(value);
  }
  return preference;
}

Preference preferenceOf(const net::Headers& headers) {
  std::string all;  // several fields are one list (RFC 9110, section 5.3)
  for (const auto& [name, value] : headers) {
    if (net::sameName(name, "Prefer")) all.append(value).append(",");
  }
  return parsePrefer(all);
}

}  // namespace faasbatch::gateway
