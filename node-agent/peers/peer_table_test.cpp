#include "node-agent/peers/peer_table.h"

#include <gmock/gmock.h>

namespace faasbatch::peers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> nodes(const std::vector<PeerAddress>& peers) {
  std::vector<std::string> nodes;
  for (const PeerAddress& peer : peers) nodes.push_back(peer.node + "=" + peer.endpoint.describe());
  return nodes;
}

PeerAddress peer(const std::string& node, std::uint16_t port) {
  return {node, {.host = "127.0.0.1", .port = port, .path = {}}, true};
}

TEST(PeerTable, TellsWhatChanged) {
  PeerTable table("me");
  auto changes = table.update({peer("me", 9), peer("a", 1), peer("b", 2)});
  EXPECT_THAT(nodes(changes.added), ElementsAre("a=127.0.0.1:1", "b=127.0.0.1:2"));
  EXPECT_THAT(changes.removed, IsEmpty());
  EXPECT_EQ(table.find("me"), nullptr);

  std::vector<PeerAddress> peers{peer("a", 1), peer("b", 3), peer("c", 4)};
  peers[0].ready = false;
  changes = table.update(peers);
  EXPECT_THAT(nodes(changes.added), ElementsAre("b=127.0.0.1:3", "c=127.0.0.1:4"));
  EXPECT_THAT(changes.removed, ElementsAre("b"));
  EXPECT_FALSE(table.find("a")->ready);

  changes = table.update({});
  EXPECT_THAT(changes.removed, ElementsAre("a", "b", "c"));
  EXPECT_TRUE(table.all().empty());
}

}  // namespace
}  // namespace faasbatch::peers
