#include "lib/workflow/suggest.h"

#include <algorithm>
#include <vector>

#include "lib/json/quote_name.h"

namespace faasbatch::workflow {
namespace {

constexpr std::size_t kMaxComparedBytes = 253;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Optimal string alignment distance, or limit + 1 as soon as it is known to be greater than `limit`.
std::size_t distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference > limit) return limit + 1;
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    std::size_t best = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
      best = std::min(best, row[j]);
    }
    if (best > limit) return limit + 1;
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> candidates) {
  if (name.empty() || name.size() > kMaxComparedBytes) return std::nullopt;
  std::size_t limit = std::max<std::size_t>(1, name.size() / 3);
  std::optional<std::string_view> found;
  for (const std::string_view candidate : candidates) {
    if (candidate.empty() || candidate.size() > kMaxComparedBytes) continue;
    const std::size_t d = distance(name, candidate, limit);
    if (d > limit) continue;
    found = candidate;
    if (d == 0) break;
    limit = d - 1;
  }
  return found;
}

std::string unknownName(std::string_view what, std::string_view name,
                        std::span<const std::string_view> candidates) {
  std::string message = "unknown " + std::string(what) + " " + json::quoteName(name);
  if (const auto meant = nearest(name, candidates))
    message += ", did you mean " + json::quoteName(*meant) + "?";
  return message;
}

}  // namespace faasbatch::workflow
