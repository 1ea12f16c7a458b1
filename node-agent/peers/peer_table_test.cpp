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

TEST(Peers, AreReadFromLines) {
  const auto peers = readPeers("# ours\na 127.0.0.1:1\n\nb [::1]:2\r\n");
  ASSERT_TRUE(peers) << peers.error().message;
  EXPECT_THAT(nodes(*peers), ElementsAre("a=127.0.0.1:1", "b=[::1]:2"));
  for (const char* wrong : {"a", "a ", " 127.0.0.1:1", "a nowhere", "x 127.0.0.1:1\ny"}) {
    const auto read = readPeers(wrong);
    ASSERT_FALSE(read) << wrong;
    EXPECT_EQ(read.error().kind, "InvalidPeers");
    EXPECT_THAT(read.error().message, testing::HasSubstr("NODE HOST:PORT"));
  }
}

TEST(PeerTable, TellsWhatChanged) {
  PeerTable table("me");
  auto changes = table.update(*readPeers("me 127.0.0.1:9\na 127.0.0.1:1\nb 127.0.0.1:2\n"));
  EXPECT_THAT(nodes(changes.added), ElementsAre("a=127.0.0.1:1", "b=127.0.0.1:2"));
  EXPECT_THAT(changes.removed, IsEmpty());
  EXPECT_EQ(table.find("me"), nullptr);

  auto peers = *readPeers("a 127.0.0.1:1\nb 127.0.0.1:3\nc 127.0.0.1:4\n");
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
