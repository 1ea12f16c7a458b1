// Digests, tokens and comparisons that leak no time.
//
// OpenSSL is behind what is fast or random. `equalSecrets` and `smallSha256Hex` need no libcrypto: linking it
// costs a process 2 to 4 MB of resident memory, which the supervisor of a pod does not have.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace faasbatch::crypto {

std::string sha256Hex(std::string_view data);  // FIPS 180-4; 64 lower-case hex digits
std::string hmacSha256Hex(std::string_view key, std::string_view data);  // RFC 2104, likewise
// `bytes` random bytes as URL-safe base64 without padding (RFC 4648). Where there is no randomness to be had
// the process ends: a token that can be guessed is worse.
std::string randomToken(std::size_t bytes = 32);

// The same as sha256Hex, several times slower: for tokens, not for bodies.
std::string smallSha256Hex(std::string_view data);

// Time depends on the lengths only.
bool equalSecrets(std::string_view a, std::string_view b);

}  // namespace faasbatch::crypto
