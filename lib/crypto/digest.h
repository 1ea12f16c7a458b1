// Digests, tokens and comparisons that leak no time (OpenSSL behind them).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace faasbatch::crypto {

std::string sha256Hex(std::string_view data);                            // 64 lower-case hex digits
std::string hmacSha256Hex(std::string_view key, std::string_view data);  // RFC 2104
// `bytes` random bytes as URL-safe base64 without padding.
std::string randomToken(std::size_t bytes = 32);
// Time depends on the lengths only.
bool equalSecrets(std::string_view a, std::string_view b);

}  // namespace faasbatch::crypto
