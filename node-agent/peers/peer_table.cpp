#include "node-agent/peers/peer_table.h"

#include <utility>

namespace faasbatch::peers {

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
