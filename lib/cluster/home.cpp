#include "lib/cluster/home.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "lib/crypto/digest.h"

namespace faasbatch::cluster {

std::uint16_t homeMark(std::string_view node) {
  const std::string digest = crypto::sha256Hex(node);
  std::uint16_t mark = 0;
  std::from_chars(digest.data(), digest.data() + 4, mark, 16);
  return mark;
}

std::vector<std::string> rendezvous(std::string_view key, std::vector<std::string> nodes) {
  std::vector<std::pair<std::string, std::string>> weighed;  // weight, node
  weighed.reserve(nodes.size());
  for (std::string& node : nodes) {
    std::string text = node;
    text.push_back('\0');
    text.append(key);
    weighed.emplace_back(crypto::sha256Hex(text), std::move(node));
  }
  std::ranges::sort(weighed, std::greater<>());
  nodes.clear();
  for (auto& [weight, node] : weighed) nodes.push_back(std::move(node));
  return nodes;
}

}  // namespace faasbatch::cluster
