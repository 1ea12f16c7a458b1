#include "node-agent/peers/secret.h"

namespace faasbatch::peers {

bool sameSecret(std::string_view shown, std::string_view secret) {
  // Every byte of what was shown is looked at, whatever its length.
  volatile unsigned char difference = shown.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const char expected = secret.empty() ? '\0' : secret[i % secret.size()];
    difference = static_cast<unsigned char>(difference | (shown[i] ^ expected));
  }
  return difference == 0;
}

bool showsSecret(std::string_view authorization, std::string_view secret) {
  constexpr std::string_view kScheme = "Bearer ";
  if (secret.empty() || !authorization.starts_with(kScheme)) return false;
  return sameSecret(authorization.substr(kScheme.size()), secret);
}

}  // namespace faasbatch::peers
