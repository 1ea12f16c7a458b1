#include "runtime/supervisor/caller_token.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "lib/crypto/digest.h"

namespace faasbatch::supervisor {
namespace {

std::string take(const char* name) {
  char* value = std::getenv(name);
  if (value == nullptr) return "";
  std::string text(value);
  std::memset(value, 'x', text.size());
  ::unsetenv(name);
  return text;
}

}  // namespace

CallerToken takeCallerToken() {
  CallerToken taken{.token = take("FAASBATCH_TOKEN"), .sha256 = take("FAASBATCH_TOKEN_SHA256")};
  if (!taken.token.empty()) taken.sha256.clear();
  return taken;
}

bool authorised(const net::Headers& headers, const CallerToken& expected) {
  if (expected.token.empty() && expected.sha256.empty()) return true;
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view sent = headers.find("Authorization").value_or("");
  if (!sent.starts_with(kScheme)) return false;
  const std::string_view given = sent.substr(kScheme.size());
  if (!expected.token.empty()) return crypto::equalSecrets(given, expected.token);
  return crypto::equalSecrets(crypto::smallSha256Hex(given), expected.sha256);
}

}  // namespace faasbatch::supervisor
