#include "lib/cluster/names.h"

#include <algorithm>

#include "lib/crypto/digest.h"

namespace faasbatch::cluster {
namespace {

constexpr std::size_t kDigestDigits = 10;

bool alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool validLabelValue(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabelValue && alphanumeric(text.front()) &&
         alphanumeric(text.back()) && std::ranges::all_of(text, [](char c) {
           return alphanumeric(c) || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

std::string labelValue(std::string_view name) {
  if (validLabelValue(name)) return std::string(name);
  std::string kept;
  for (const char c : name.substr(0, kMaxLabelValue - kDigestDigits - 1)) {
    if (kept.empty() && !alphanumeric(c)) continue;
    kept += !alphanumeric(c) ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const std::string digest = crypto::sha256Hex(name).substr(0, kDigestDigits);
  return kept.empty() ? digest : kept + "-" + digest;
}

std::string serviceHost(std::string_view service, std::string_view nameSpace) {
  std::string host(service);
  return host.append(".").append(nameSpace).append(".svc");
}

}  // namespace faasbatch::cluster
