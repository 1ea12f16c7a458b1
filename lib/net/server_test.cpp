// What a well-behaved client sees.
#include "lib/net/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/net/raw_peer.h"
#include "lib/net/test_server.h"

namespace faasbatch::net {
namespace {

using testing::HasSubstr;

class ServerOn : public testing::TestWithParam<Wire> {
 protected:
  Address where() const { return Address(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Every, ServerOn, testing::Values(Wire::kTcp, Wire::kUnix, Wire::kTls), wireName);

TEST_P(ServerOn, KeepsTheConnection) {
  TestServer server(echo, {}, where());
  RawPeer peer(server.endpoint());
  for (int i = 0; i < 3; ++i) {
    const auto response = peer.exchange("POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "POST /a?b=c hi");
    EXPECT_EQ(response->headers.find("content-type"), "text/plain");
    EXPECT_THAT(std::string(response->headers.find("Date").value_or("")), HasSubstr(" GMT"));
    EXPECT_EQ(response->headers.find("Connection"), std::nullopt);
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST_P(ServerOn, ClosesWhenAsked) {
  TestServer server(echo, {}, where());
  RawPeer peer(server.endpoint());
  ASSERT_TRUE(peer.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  const std::string answer = peer.readAll();
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nGET / "));
}

TEST_P(ServerOn, TakesARequestByteByByte) {
  TestServer server(echo, {}, where());
  const std::string request =
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nT: "
      "v\r\n\r\n";
  RawPeer slow(server.endpoint());
  for (const char c : request) ASSERT_TRUE(slow.send({&c, 1}));
  EXPECT_EQ(slow.readResponse().value_or(Response{}).body, "POST /x abcde");
  RawPeer peer(server.endpoint());
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    ASSERT_TRUE(peer.send(request.substr(0, cut)));
    ASSERT_TRUE(peer.send(request.substr(cut)));
    ASSERT_EQ(peer.readResponse().value_or(Response{}).body, "POST /x abcde") << cut;
  }
}

TEST_P(ServerOn, TakesALastChunkThatIsAloneByteByByte) {
  TestServer server(echo, {}, where());
  RawPeer slow(server.endpoint());
  ASSERT_TRUE(slow.send("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"));
  for (const char c : std::string_view("0\r\n\r\n")) ASSERT_TRUE(slow.send({&c, 1}));
  EXPECT_EQ(slow.readResponse().value_or(Response{}).body, "POST /x ");
}

TEST_P(ServerOn, AnswersPipelinedRequestsInOrder) {
  constexpr int kRequests = 100;
  TestServer server(echo, {.maxPipelined = 4}, where());
  std::string requests;
  for (int i = 0; i < kRequests; ++i)
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  RawPeer peer(server.endpoint());
  ASSERT_TRUE(peer.send(requests));
  for (int i = 0; i < kRequests; ++i) {
    ASSERT_EQ(peer.readResponse().value_or(Response{}).body, "GET /" + std::to_string(i) + " ");
  }
}

// Handlers that answer in the reverse order, and never see more than maxPipelined requests at once.
TEST_P(ServerOn, OrdersLateAnswersAndBoundsPipelining) {
  constexpr std::size_t kPipelined = 4;
  std::vector<std::pair<std::string, Responder>> held;
  std::size_t most = 0;
  TestServer* self = nullptr;
  TestServer server(
      [&](Request request, Responder responder) {
        held.emplace_back(request.target, std::move(responder));
        most = std::max(most, held.size());
        if (held.size() < kPipelined) return;
        self->loop().post([&] {
          while (!held.empty()) {
            auto [target, last] = std::move(held.back());
            held.pop_back();
            last.send({.status = 200, .headers = {}, .body = target});
          }
        });
      },
      {.maxPipelined = kPipelined}, where());
  self = &server;
  std::string requests;
  for (int i = 0; i < 40; ++i) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  RawPeer peer(server.endpoint());
  ASSERT_TRUE(peer.send(requests));
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(peer.readResponse().value_or(Response{}).body, "/" + std::to_string(i));
  }
  EXPECT_EQ(most, kPipelined);
  server.stop();
}

TEST_P(ServerOn, StreamsInChunks) {
  TestServer server(
      [](Request request, Responder responder) {
        responder.begin(200, {});
        responder.write("one");
        responder.write("");
        responder.write(std::string(100'000, 'x'));
        responder.end();
        static_cast<void>(request);
      },
      {}, where());
  RawPeer peer(server.endpoint());
  const auto response = peer.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->headers.find("Transfer-Encoding"), "chunked");
  EXPECT_EQ(response->body, "one" + std::string(100'000, 'x'));
  EXPECT_TRUE(peer.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));

  // HTTP/1.0 knows no chunks: the end of the connection is the end of the answer.
  RawPeer old(server.endpoint());
  ASSERT_TRUE(old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  const std::string answer = old.readAll();
  EXPECT_EQ(answer.find("chunked"), answer.npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\none" + std::string(100'000, 'x')));
}

TEST_P(ServerOn, AnswersHeadWithoutABody) {
  TestServer server(
      [](Request request, Responder responder) {
        if (request.path() == "/stream") {
          responder.begin(200, {});
          responder.write("data");
          responder.end();
        } else {
          responder.send({.status = request.path() == "/empty" ? 204 : 200, .headers = {}, .body = "12345"});
        }
      },
      {}, where());
  RawPeer peer(server.endpoint());
  ASSERT_TRUE(peer.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(peer.readResponse(true).value_or(Response{}).headers.find("Content-Length"), "5");
  EXPECT_EQ(peer.readResponse(true).value_or(Response{}).headers.find("Transfer-Encoding"), "chunked");
  const auto empty = peer.exchange("GET /empty HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->status, 204);
  EXPECT_EQ(empty->headers.find("Content-Length"), std::nullopt);
  EXPECT_EQ(peer.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").value_or(Response{}).body, "12345");
}

TEST_P(ServerOn, SpeaksHttp10) {
  TestServer server(echo, {}, where());
  RawPeer peer(server.endpoint());
  const auto kept = peer.exchange("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->headers.find("Connection"), "keep-alive");
  ASSERT_TRUE(peer.send("GET /2 HTTP/1.0\r\n\r\n"));
  EXPECT_THAT(peer.readAll(), testing::EndsWith("\r\n\r\nGET /2 "));
}

TEST_P(ServerOn, SendsContinueWhenTheClientWaitsForIt) {
  TestServer server(echo, {.maxBodyBytes = 10}, where());
  RawPeer peer(server.endpoint());
  ASSERT_TRUE(peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(peer.readUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(peer.exchange("hi").value_or(Response{}).body, "POST / hi");
  // A body that is there already needs no invitation, and one that is too large gets none.
  EXPECT_EQ(peer.exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nho")
                .value_or(Response{})
                .body,
            "POST / ho");
  EXPECT_EQ(peer.exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n")
                .value_or(Response{})
                .status,
            413);
}

TEST_P(ServerOn, TakesAnAbsoluteTargetAndAnEmptyPost) {
  TestServer server(echo, {}, where());
  RawPeer peer(server.endpoint());
  EXPECT_EQ(peer.exchange("GET http://h:1/a?b HTTP/1.1\r\nHost: x\r\n\r\n").value_or(Response{}).body,
            "GET /a?b ");
  EXPECT_EQ(peer.exchange("POST http://h HTTP/1.1\r\nHost: x\r\n\r\n").value_or(Response{}).body, "POST / ");
}

TEST_P(ServerOn, KeepsLineBreaksOutOfHeaders) {
  TestServer server(
      [](Request, Responder responder) {
        Response response;
        response.headers.add("X", "a\r\nSet-Cookie: evil");
        response.headers.add("Content-Length", "99");
        responder.send(std::move(response));
      },
      {}, where());
  RawPeer peer(server.endpoint());
  const auto response = peer.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->headers.find("X"), "a  Set-Cookie: evil");
  EXPECT_EQ(response->headers.find("Content-Length"), "0");
}

TEST_P(ServerOn, AnswersForADroppedResponderAndAThrowingHandler) {
  TestServer server(
      [](Request request, Responder responder) {
        if (request.path() == "/throw") throw std::runtime_error("secret");
        const Responder dropped = std::move(responder);
      },
      {}, where());
  RawPeer peer(server.endpoint());
  for (const std::string path : {"/drop", "/throw", "/drop"}) {
    const auto response = peer.exchange("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 500);
    EXPECT_THAT(response->body, HasSubstr("InternalError"));
  }
}

TEST(Server, RefusesToListenWhereItCannot) {
  TestServer server(echo);
  auto loop = EventLoop::make();
  const auto taken = Server::listen(*loop, server.endpoint(), {}, echo);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind, "ListenFailed");
  EXPECT_THAT(taken.error().message, HasSubstr(server.endpoint().describe()));
  EXPECT_FALSE(Server::listen(
      *loop, {.kind = Endpoint::Kind::kUnix, .host = {}, .port = 0, .path = "/nowhere/x"}, {}, echo));
}

}  // namespace
}  // namespace faasbatch::net
