#include "lib/crypto/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

#include "lib/crypto/hex.h"

namespace faasbatch::crypto {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

// Fetched once: a fetch takes longer than the digest of a short text.
const EVP_MD* sha256() {
  static EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return kAlgorithm;
}

// A digest fails for want of memory only, and is never made up.
std::string checkedHex(bool made, const Digest& digest) {
  if (!made) throw std::bad_alloc();
  return toHex(digest);
}

}  // namespace

std::string sha256Hex(std::string_view data) {
  Digest digest{};
  const bool made = EVP_Digest(data.data(), data.size(), digest.data(), nullptr, sha256(), nullptr) == 1;
  return checkedHex(made, digest);
}

std::string hmacSha256Hex(std::string_view key, std::string_view data) {
  Digest digest{};
  const auto* const bytes = reinterpret_cast<const unsigned char*>(data.data());
  const bool made = HMAC(sha256(), key.data(), static_cast<int>(key.size()), bytes, data.size(),
                         digest.data(), nullptr) != nullptr;
  return checkedHex(made, digest);
}

std::string randomToken(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  if (RAND_bytes(random.data(), static_cast<int>(bytes)) != 1) {
    std::fputs("no random bytes to be had for a token\n", stderr);
    std::abort();
  }
  std::string text((bytes + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), random.data(), static_cast<int>(bytes));
  text.resize((bytes * 4 + 2) / 3);  // without the padding
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

}  // namespace faasbatch::crypto
