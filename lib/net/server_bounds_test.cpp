// What all connections of a server together may take: their number, descriptors, bodies under way.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <optional>

#include "lib/net/raw_peer.h"
#include "lib/net/server.h"
#include "lib/net/test_server.h"
#include "lib/testing/eventually.h"

namespace faasbatch::net {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(Connections, BeyondTheirBoundWait) {
  TestServer server(echo, {.maxConnections = 2});
  RawPeer first(server.endpoint());
  RawPeer second(server.endpoint());
  ASSERT_TRUE(first.exchange(kGet));
  ASSERT_TRUE(second.exchange(kGet));
  RawPeer third(server.endpoint());
  ASSERT_TRUE(third.connected());  // by the kernel
  ASSERT_TRUE(third.send(kGet));
  EXPECT_EQ(server.connections(), 2U);
  first.close();
  EXPECT_TRUE(third.readResponse());
}

TEST(Connections, ThatAskForNothingMakeRoom) {
  TestServer server(echo, {.maxConnections = 2, .headerTime = 60s, .makeRoomAfter = 20ms});
  RawPeer silent(server.endpoint());
  RawPeer slow(server.endpoint());
  ASSERT_TRUE(slow.send("GET / HTTP/1.1\r\nHost: x\r\n"));
  ASSERT_TRUE(testing::eventually([&] { return server.connections() == 2; }));
  RawPeer third(server.endpoint());
  ASSERT_TRUE(third.send(kGet));
  EXPECT_TRUE(third.readResponse()) << "the one that waited longest was closed";
}

TEST(Connections, ThatWaitForTheirAnswerAreNotClosedForOthers) {
  std::optional<Responder> asked;
  TestServer server([&](Request, Responder responder) { asked.emplace(std::move(responder)); },
                    {.maxConnections = 1, .makeRoomAfter = 1ms});
  RawPeer first(server.endpoint());
  ASSERT_TRUE(first.send(kGet));
  ASSERT_TRUE(testing::eventually([&] { return server.on([&] { return asked.has_value(); }); }));
  RawPeer second(server.endpoint());
  ASSERT_TRUE(second.send(kGet));
  // Longer than a sweep takes: the first must still get its answer.
  EXPECT_FALSE(testing::eventually([&] { return server.connections() != 1; }, 300ms));
  server.on([&] { asked->send({.status = 200, .headers = {}, .body = "first"}); });
  const auto answer = first.readResponse();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "first");
  server.on([&] { asked.reset(); });
}

TEST(Bodies, OfAllConnectionsTogetherAre503) {
  constexpr std::size_t kBody = 1 << 20;
  TestServer server(echo, {.maxBodyBytes = 2 * kBody, .maxArrivingBytes = 3 * kBody});
  const std::string head =
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(kBody) + "\r\n\r\n";
  const std::string almost(kBody - 1, 'x');
  std::list<RawPeer> peers;
  for (int i = 0; i < 3; ++i) {
    RawPeer& peer = peers.emplace_back(server.endpoint());
    ASSERT_TRUE(peer.send(head));
    peer.send(almost);
  }
  const auto refused = [&] { return std::ranges::find_if(peers, &RawPeer::hasInput); };
  ASSERT_TRUE(testing::eventually([&] { return refused() != peers.end(); }));
  EXPECT_EQ(refused()->readResponse()->status, 503);
  peers.erase(refused());  // its connection ends
  RawPeer small(server.endpoint());
  ASSERT_TRUE(small.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\ny"));
  EXPECT_EQ(small.readResponse()->status, 200) << "small ones go on";
  for (RawPeer& peer : peers) {
    ASSERT_TRUE(peer.send("x"));
    EXPECT_EQ(peer.readResponse()->status, 200) << "and those that were taken in";
  }
  peers.clear();
  RawPeer later(server.endpoint());
  ASSERT_TRUE(later.send(head + almost + "x"));
  EXPECT_EQ(later.readResponse()->status, 200) << "what has gone does not count";
}

// More than the kernel takes for a client that does not read.
constexpr std::size_t kAnswer = 16 << 20;

void large(Request request, Responder responder) {
  Response response;
  response.body = request.path() == "/large" ? std::string(kAnswer, 'x') : "small";
  responder.send(std::move(response));
}

TEST(Answers, ThatNobodyReadsAreBoundedTogetherAndOthersGoOn) {
  constexpr std::string_view kGetLarge = "GET /large HTTP/1.1\r\nHost: x\r\n\r\n";
  constexpr std::size_t kPeers = 12;
  TestServer server(large, {.maxLeavingBytes = 3 * kAnswer});
  std::list<RawPeer> peers;
  for (std::size_t i = 0; i < kPeers; ++i) {
    ASSERT_TRUE(peers.emplace_back(server.endpoint()).send(kGetLarge));
    ASSERT_TRUE(testing::eventually([&] { return peers.back().hasInput(); }));
  }
  // The kernel has taken a part of each; what it has not is held.
  EXPECT_LT(server.connections(), kPeers);
  bool wasReset = false;
  EXPECT_LT(peers.front().readAll(&wasReset).size(), kAnswer) << "that of who has not read the longest";
  EXPECT_TRUE(wasReset) << "and it does not look complete";
  RawPeer other(server.endpoint());
  EXPECT_EQ(other.exchange(kGet)->body, "small");
  EXPECT_EQ(other.exchange(kGetLarge)->body.size(), kAnswer);
  EXPECT_EQ(peers.back().readResponse()->body.size(), kAnswer) << "the last one may still be read";
}

TEST(Answers, ThatWaitBehindAnotherCount) {
  std::list<Responder> held;
  TestServer server(
      [&](Request request, Responder responder) {
        if (request.path() == "/later") {
          held.push_back(std::move(responder));
        } else {
          large(std::move(request), std::move(responder));
        }
      },
      {.maxLeavingBytes = kAnswer / 2});
  std::string pipelined = "GET /later HTTP/1.1\r\nHost: x\r\n\r\n";
  for (int i = 0; i < 3; ++i) pipelined += "GET /large HTTP/1.1\r\nHost: x\r\n\r\n";
  RawPeer first(server.endpoint());
  ASSERT_TRUE(first.send(pipelined));
  ASSERT_TRUE(testing::eventually([&] { return server.on([&] { return held.size() == 1; }); }));
  RawPeer second(server.endpoint());
  EXPECT_EQ(second.exchange("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")->body.size(), kAnswer);
  EXPECT_EQ(first.readAll(), "");
  server.on([&] { held.clear(); });
}

TEST(Connections, AreAcceptedAgainAfterDescriptorsRanOut) {
  TestServer server(echo);
  std::list<RawPeer> peers;
  for (int i = 0; i < 8; ++i) peers.emplace_back(server.endpoint(), false);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  // From here on no descriptor is free below the limit.
  const int next = ::fcntl(peers.front().fd(), F_DUPFD_CLOEXEC, 0);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next + 1);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  for (RawPeer& peer : peers) {
    peer.connect();
    ASSERT_TRUE(peer.connected());
    ASSERT_TRUE(peer.send(kGet));
  }
  EXPECT_EQ(server.connections(), 0U);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ::close(next);
  for (RawPeer& peer : peers) EXPECT_TRUE(peer.readResponse());
}

}  // namespace
}  // namespace faasbatch::net
