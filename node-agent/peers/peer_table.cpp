#include "node-agent/peers/peer_table.h"

#include <utility>

namespace faasbatch::peers {
namespace {

std::string_view takeLine(std::string_view& text) {
  const auto end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  return line;
}

}  // namespace

base::Result<std::vector<PeerAddress>> readPeers(std::string_view text) {
  std::vector<PeerAddress> peers;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = takeLine(text);
    if (line.empty() || line.front() == '#') continue;
    const auto blank = line.find(' ');
    auto endpoint = net::Endpoint::parse(blank == std::string_view::npos ? "" : line.substr(blank + 1));
    if (blank == 0 || !endpoint || peers.size() == kMaxPeers) {
      return base::fail("InvalidPeers", "line " + std::to_string(number) + " of the peers, \"" +
                                            std::string(line) + "\", is not NODE HOST:PORT" +
                                            (peers.size() == kMaxPeers ? ", or there are too many" : ""));
    }
    peers.push_back({std::string(line.substr(0, blank)), std::move(*endpoint), true});
  }
  return peers;
}

PeerChanges PeerTable::update(const std::vector<PeerAddress>& peers) {
  std::map<std::string, PeerAddress> next;
  for (const PeerAddress& peer : peers) {
    if (peer.node != self_ && next.size() < kMaxPeers) next.insert_or_assign(peer.node, peer);
  }
  PeerChanges changes;
  for (const auto& [node, peer] : peers_) {
    const auto found = next.find(node);
    if (found == next.end() || found->second.endpoint.describe() != peer.endpoint.describe())
      changes.removed.push_back(node);
  }
  for (const auto& [node, peer] : next) {
    const auto found = peers_.find(node);
    if (found == peers_.end() || found->second.endpoint.describe() != peer.endpoint.describe())
      changes.added.push_back(peer);
  }
  peers_ = std::move(next);
  return changes;
}

const PeerAddress* PeerTable::find(const std::string& node) const {
  const auto found = peers_.find(node);
  return found == peers_.end() ? nullptr : &found->second;
}

}  // namespace faasbatch::peers
