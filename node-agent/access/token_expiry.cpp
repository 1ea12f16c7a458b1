#include "node-agent/access/token_expiry.h"

#include <algorithm>
#include <string>

#include "lib/base/base64.h"
#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/path.h"

namespace faasbatch::access {
namespace {

constexpr double kMaxSeconds = 9'200'000'000;  // in 2261: an Instant holds no more

// RFC 4648, section 5, without padding.
std::optional<std::string> decodeBase64Url(std::string_view text) {
  std::string standard(text);
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  standard.append((4 - standard.size() % 4) % 4, '=');
  return base::decodeBase64(standard);
}

}  // namespace

std::optional<base::Instant> tokenExpiry(std::string_view token) {
  const std::size_t begin = token.find('.') + 1;
  const std::size_t end = token.find('.', begin);
  if (begin == 0 || end == token.npos) return std::nullopt;
  const auto claims = decodeBase64Url(token.substr(begin, end - begin));
  if (!claims || !json::check(*claims)) return std::nullopt;
  const auto claim = json::at(*claims, {"exp"});
  const auto seconds = claim ? json::asDouble(*claim) : std::nullopt;
  if (!seconds || !(*seconds >= 0 && *seconds <= kMaxSeconds)) return std::nullopt;
  return base::Instant{} + std::chrono::seconds(static_cast<std::int64_t>(*seconds));
}

}  // namespace faasbatch::access
