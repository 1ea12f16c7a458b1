#include "lib/cluster/peer_secret.h"

#include <algorithm>
#include <fstream>

namespace faasbatch::cluster {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::unexpected<base::Error> refuse(const std::string& path, const std::string& why) {
  return base::fail("InvalidPeerSecret", "the file of the peer secret, " + path + ", " + why);
}

}  // namespace

base::Result<std::string> readPeerSecret(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return refuse(path, "cannot be read");
  std::string text(kMaxPeerSecretBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return refuse(path, "cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxPeerSecretBytes)
    return refuse(path, "is longer than " + std::to_string(kMaxPeerSecretBytes) + " bytes");
  text.erase(text.find_last_not_of(kBlanks) + 1);
  text.erase(0, text.find_first_not_of(kBlanks));
  if (text.size() < kMinPeerSecretBytes)
    return refuse(path, "is shorter than " + std::to_string(kMinPeerSecretBytes) + " bytes");
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; }))
    return refuse(path, "has blanks or bytes in it that are not printable ASCII");
  return text;
}

}  // namespace faasbatch::cluster
