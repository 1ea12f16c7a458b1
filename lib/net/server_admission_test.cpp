// Requests that are refused by their header, before their body is read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "lib/net/raw_peer.h"
#include "lib/net/server.h"
#include "lib/net/test_server.h"

namespace faasbatch::net {
namespace {

using testing::StartsWith;

std::optional<Response> needsKey(const Request& head) {
  EXPECT_LE(head.body.size(), kSmallBody) << "what came with the header";
  if (head.headers.find("Key")) return std::nullopt;
  return Response{.status = 401, .headers = {}, .body = "no key for " + head.method + " " + head.target};
}

class Admission : public testing::TestWithParam<Wire> {
 protected:
  std::atomic<int> handled = 0;
  TestServer server{[this](Request request, Responder responder) {
                      ++handled;
                      echo(std::move(request), std::move(responder));
                    },
                    {.maxBodyBytes = 32 << 20, .maxArrivingBytes = 1 << 20},
                    Address(GetParam()),
                    nullptr,
                    needsKey};

  static std::string head(const std::string& key, std::size_t body, const std::string& more = "") {
    return "PUT /a HTTP/1.1\r\nHost: x\r\n" + key + more + "Content-Length: " + std::to_string(body) +
           "\r\n\r\n";
  }
};

INSTANTIATE_TEST_SUITE_P(On, Admission, testing::Values(Wire::kTcp, Wire::kUnix, Wire::kTls), wireName);

TEST_P(Admission, IsAskedBeforeTheBodyComes) {
  RawPeer peer(server.endpoint());
  ASSERT_TRUE(peer.send(head("", 1000)));  // and nothing of the body
  const auto refused = peer.readResponse();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(refused->body, "no key for PUT /a");
  EXPECT_EQ(refused->headers.find("Connection"), "close");
  EXPECT_EQ(handled, 0);
}

TEST_P(Admission, KeepsNothingOfABodyThatIsRefused) {
  RawPeer peer(server.endpoint());
  // More than all bodies together may take: it is read and dropped, so that the answer is not lost to a
  // reset.
  peer.send(head("", 8 << 20) + std::string(8 << 20, 'x'));
  const auto refused = peer.readResponse();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 401) << "not 503";
  EXPECT_EQ(peer.readAll(), "");
  EXPECT_EQ(handled, 0);
}

TEST_P(Admission, LetsOthersThroughAndTheirConnectionsStay) {
  RawPeer peer(server.endpoint());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(peer.send(head("Key: 1\r\n", 3) + "abc"));
    const auto taken = peer.readResponse();
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->body, "PUT /a abc");
  }
  EXPECT_EQ(handled, 3);
}

TEST_P(Admission, AnswersInTheOrderOfTheRequests) {
  RawPeer peer(server.endpoint());
  ASSERT_TRUE(peer.send(head("Key: 1\r\n", 1) + "a" + head("", 1) + "b" + head("Key: 1\r\n", 1) + "c"));
  EXPECT_EQ(peer.readResponse().value_or(Response{}).body, "PUT /a a");
  EXPECT_EQ(peer.readResponse().value_or(Response{}).status, 401);
  EXPECT_EQ(peer.readAll(), "") << "the refusal is the last answer";
  EXPECT_EQ(handled, 1);
}

TEST_P(Admission, AsksForNoBodyThatItRefuses) {
  const std::string expects = "Expect: 100-continue\r\n";
  RawPeer refused(server.endpoint());
  ASSERT_TRUE(refused.send(head("", 5, expects)));
  EXPECT_THAT(refused.readUntil("\r\n"), StartsWith("HTTP/1.1 401"));
  RawPeer taken(server.endpoint());
  ASSERT_TRUE(taken.send(head("Key: 1\r\n", 5, expects)));
  EXPECT_EQ(taken.readUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(taken.send("abcde"));
  EXPECT_EQ(taken.readResponse().value_or(Response{}).body, "PUT /a abcde");
}

}  // namespace
}  // namespace faasbatch::net
