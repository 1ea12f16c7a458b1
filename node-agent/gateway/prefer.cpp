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
    const auto comma = header.find(',');
    const std::string_view entry = trimmed(header.substr(0, header.find_first_of(",;")));
    header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
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

}  // namespace faasbatch::gateway
