// What a hostile, broken or slow client gets.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <list>

#include "lib/net/raw_peer.h"
#include "lib/net/server.h"
#include "lib/net/test_server.h"
#include "lib/testing/eventually.h"

namespace faasbatch::net {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::HasSubstr;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

class ServerWithBadInput : public testing::TestWithParam<Wire> {
 protected:
  Address where() const { return Address(GetParam()); }
};
class BadRequest : public ServerWithBadInput {};
class Oversized : public ServerWithBadInput {};
class SlowClient : public ServerWithBadInput {};
class HalfOpenClient : public ServerWithBadInput {};
class VanishingClient : public ServerWithBadInput {};

INSTANTIATE_TEST_SUITE_P(On, BadRequest, testing::Values(Wire::kTcp, Wire::kTls), wireName);
INSTANTIATE_TEST_SUITE_P(On, Oversized, testing::Values(Wire::kTcp, Wire::kUnix, Wire::kTls), wireName);
INSTANTIATE_TEST_SUITE_P(On, SlowClient, testing::Values(Wire::kTcp, Wire::kTls), wireName);
INSTANTIATE_TEST_SUITE_P(On, HalfOpenClient, testing::Values(Wire::kTcp, Wire::kTls), wireName);
INSTANTIATE_TEST_SUITE_P(On, VanishingClient, testing::Values(Wire::kTcp, Wire::kTls), wireName);

// Sends `bytes` and returns the status of the answer, which must be the last of its connection; 0 where there
// is none.
int statusOf(const Address& endpoint, std::string_view bytes) {
  RawPeer peer(endpoint);
  peer.send(bytes);
  const auto response = peer.readResponse();
  if (!response) return 0;
  EXPECT_EQ(response->headers.find("Content-Type"), "application/problem+json") << bytes;
  EXPECT_EQ(response->headers.find("Connection"), "close") << bytes;
  EXPECT_EQ(peer.readAll(), "") << bytes;
  return response->status;
}

TEST_P(BadRequest, IsAnswered400) {
  TestServer server(echo, {}, where());
  for (const std::string& request : {
           "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s,  // a TLS greeting
           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s,
           "GET / HTTP/3.0\r\n\r\n"s,
           "GET /\r\n\r\n"s,
           "GET / HTTP/1.1\nHost: x\n\n"s,
           "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"s,
           "G<T / HTTP/1.1\r\nHost: x\r\n\r\n"s,
           "GET / HTTP/1.1\r\n\r\n"s,                        // no Host
           "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"s,  // two of them
           "GET / HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: x\r\nName : 1\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: x\r\n: 1\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"s,
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"s,
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n"s,
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n\r\n"s,
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n"s,
       }) {
    EXPECT_EQ(statusOf(server.endpoint(), request), 400) << request;
  }
}

// Where two servers could disagree on the end of a request, ours does not guess (RFC 9112, section 11.2).
TEST_P(BadRequest, IsNotSmuggled) {
  std::atomic<int> handled = 0;
  TestServer server(
      [&handled](Request, Responder responder) {
        ++handled;
        responder.send({});
      },
      {}, where());
  for (const std::string& framing : {
           "Content-Length: 4\r\nTransfer-Encoding: chunked"s,
           "Transfer-Encoding: chunked\r\nContent-Length: 4"s,
           "Content-Length: 4\r\nContent-Length: 5"s,
           "Content-Length: 5\r\nContent-Length: 5"s,
           "Content-Length: 5, 5"s,
           "Content-Length: +5"s,
           "Content-Length: -5"s,
           "Content-Length: 0x5"s,
           "Content-Length:"s,
           "Content-Length: 5 5"s,
           "Content-Length: 99999999999999999999"s,
           "Transfer-Encoding: gzip"s,
           "Transfer-Encoding: gzip, chunked"s,
           "Transfer-Encoding: chunked, identity"s,
           "Transfer-Encoding: xchunked"s,
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"s,
           "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"s,
           "Transfer-Encoding : chunked"s,
           "Transfer-Encoding: \x0b"
           "chunked"s,
       }) {
    const std::string request =
        "POST / HTTP/1.1\r\nHost: x\r\n" + framing + "\r\n\r\n0\r\n\r\n" + std::string(kGet);
    EXPECT_EQ(statusOf(server.endpoint(), request), 400) << framing;
  }
  EXPECT_EQ(statusOf(server.endpoint(), "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            400);
  EXPECT_EQ(handled, 0);
}

// A naive client sends all it has before it reads: the answer must not be lost to a reset.
TEST_P(Oversized, AnswerReachesAClientThatReadsLate) {
  TestServer server(echo, {}, where());
  const std::string large(7'000'000, 'x');
  for (const auto& [request, status] : std::vector<std::pair<std::string, int>>{
           {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 7000000\r\n\r\n" + large, 413},
           {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6acfc0\r\n" + large +
                "\r\n0\r\n\r\n",
            413},
           {"GET / HTTP/1.1\r\nHost: x\r\nBig: " + std::string(100'000, 'x') + "\r\n\r\n", 431},
           {"GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
           {"GET / HTTP/1.1\r\nHost: x\r\n" +
                [] {
                  std::string fields;
                  for (int i = 0; i < 20'000; ++i) fields += "a:\r\n";
                  return fields;
                }() +
                "\r\n",
            431},
           {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(100'000, 'x'),
            431},
       }) {
    RawPeer peer(server.endpoint());
    ASSERT_TRUE(peer.send(request)) << status;
    const auto response = peer.readResponse();
    ASSERT_TRUE(response) << status;
    EXPECT_EQ(response->status, status);
    EXPECT_THAT(response->body, HasSubstr(status == 413 ? "BodyTooLarge" : "HeadersTooLarge"));
    bool wasReset = false;
    EXPECT_EQ(peer.readAll(&wasReset), "");
    EXPECT_FALSE(wasReset);
  }
}

TEST_P(Oversized, ABodyOfExactlyTheLimitPasses) {
  TestServer server(echo, {.maxBodyBytes = 10}, where());
  RawPeer peer(server.endpoint());
  EXPECT_EQ(peer.exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789")
                .value_or(Response{})
                .status,
            200);
  EXPECT_EQ(peer.exchange("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                          "chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n")
                .value_or(Response{})
                .status,
            200);
  EXPECT_EQ(
      peer.exchange("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n6\r\n")
          .value_or(Response{})
          .status,
      413);
}

TEST(Problems, AreMadeByTheOwner) {
  LoopThread thread;
  std::unique_ptr<Server> server;
  thread.on([&] {
    auto made = Server::listen(
        thread.loop(), tcpLoopback(), {}, echo, [](int status, std::string_view reason, std::string_view) {
          Response response{.status = status, .headers = {}, .body = "made: " + std::string(reason)};
          response.headers.add("Content-Type", "application/problem+json");
          return response;
        });
    server = std::move(*made);
  });
  RawPeer peer(server->endpoint());
  EXPECT_EQ(peer.exchange("nonsense\r\n\r\n").value_or(Response{}).body, "made: InvalidRequest");
  thread.on([&] { server = nullptr; });
}

TEST_P(SlowClient, IsAnswered408) {
  TestServer server(echo, {.headerTime = 60ms, .bodyTime = 60ms}, where());
  RawPeer header(server.endpoint());
  ASSERT_TRUE(header.send("GET / HTTP/1.1\r\nHost: x\r\n"));
  EXPECT_EQ(header.readResponse().value_or(Response{}).status, 408);
  EXPECT_EQ(header.readAll(), "");

  RawPeer body(server.endpoint());
  ASSERT_TRUE(body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345"));
  const auto response = body.readResponse();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_THAT(response->body, HasSubstr("RequestTimeout"));
}

// Byte after byte in time, but never done: the time counts from the first byte, not from the last.
TEST_P(SlowClient, GainsNothingByTrickling) {
  TestServer server(echo, {.headerTime = 60ms}, where());
  RawPeer peer(server.endpoint());
  while (peer.send("X") && !peer.hasInput()) {
  }
  const auto response = peer.readResponse();
  ASSERT_TRUE(response);
  EXPECT_THAT(response->status, testing::AnyOf(408, 431));  // whichever limit is hit first
}

TEST_P(SlowClient, IsClosedWhenIdle) {
  TestServer server(echo, {.idleTime = 40ms}, where());
  RawPeer silent(server.endpoint());
  EXPECT_EQ(silent.readAll(), "");
  RawPeer used(server.endpoint());
  ASSERT_TRUE(used.exchange(kGet));
  EXPECT_EQ(used.readAll(), "");
}

constexpr std::size_t kMuch = 64U << 20;  // more than sockets take for a client that does not read

void answersMuch(Request /*request*/, Responder responder) {
  responder.send({.status = 200, .headers = {}, .body = std::string(kMuch, 'x')});
}

TEST_P(SlowClient, ThatDoesNotReadIsClosed) {
  TestServer server(answersMuch, {.writeTime = 60ms}, where());
  RawPeer peer(server.endpoint());
  ASSERT_TRUE(peer.send(kGet));
  while (server.connections() == 0) std::this_thread::yield();
  while (server.connections() > 0) std::this_thread::yield();
  EXPECT_LT(peer.readAll().size(), kMuch);
}

// Some bytes now and then: the time is for kProgress of them, not for any.
TEST_P(SlowClient, GainsNothingByReadingALittle) {
  TestServer server(answersMuch, {.writeTime = 60ms}, where());
  RawPeer peer(server.endpoint());
  ASSERT_TRUE(peer.send(kGet));
  ASSERT_TRUE(testing::eventually([&] { return server.connections() == 1; }));
  std::size_t read = 0;
  while (server.connections() > 0) read += peer.readExactly(1).size();  // as fast as the server is asked
  EXPECT_LT(read, kMuch / 2);
}

TEST_P(SlowClient, OfAStreamIsCutAtTheBound) {
  std::promise<std::size_t> cutAfter;
  TestServer server(
      [&cutAfter](Request, Responder responder) {
        responder.begin(200, {});
        std::size_t written = 0;
        for (; !responder.closed() && written < (256U << 20); written += 1 << 20)
          responder.write(std::string(1 << 20, 'x'));
        cutAfter.set_value(written);
      },
      {.maxBufferedBytes = 2 << 20}, where());
  RawPeer peer(server.endpoint());
  ASSERT_TRUE(peer.send(kGet));
  EXPECT_LT(cutAfter.get_future().get(), 64U << 20);
  EXPECT_FALSE(peer.readAll().ends_with("0\r\n\r\n"));
}

TEST_P(HalfOpenClient, StillGetsItsAnswer) {
  TestServer server(echo, {}, where());
  RawPeer peer(server.endpoint());
  ASSERT_TRUE(peer.send(std::string(kGet) + std::string(kGet)));
  peer.endSending();
  EXPECT_EQ(peer.readResponse().value_or(Response{}).body, "GET / ");
  EXPECT_EQ(peer.readResponse().value_or(Response{}).body, "GET / ");
  EXPECT_EQ(peer.readAll(), "");
}

// Clients that go while their answer is under way, by every way of going.
TEST_P(VanishingClient, IsReported) {
  struct Held {
    Responder responder;
    int closed = 0;
  };
  std::list<Held> held;
  std::atomic<int> arrived = 0;
  std::atomic<int> left = 0;
  TestServer server(
      [&](Request request, Responder responder) {
        Held& one = held.emplace_back(std::move(responder));
        if (request.path() == "/stream") one.responder.begin(200, {});
        one.responder.onClosed([&one, &left] {
          EXPECT_TRUE(one.responder.closed());
          ++one.closed;
          ++left;
        });
        ++arrived;
      },
      {}, where());
  int expected = 0;
  for (const std::string path : {"/", "/stream"}) {
    for (const bool reset : {false, true}) {
      RawPeer peer(server.endpoint());
      ASSERT_TRUE(peer.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"));
      ++expected;
      while (arrived < expected) std::this_thread::yield();
      if (reset) {
        peer.reset();
      } else {
        peer.close();
      }
      while (left < expected) std::this_thread::yield();
    }
  }
  server.on([&held] {
    for (Held& one : held) {
      EXPECT_EQ(one.closed, 1);
      one.responder.send({});  // nothing happens
      one.responder.write("late");
      one.responder.end();
    }
    held.clear();
  });
  while (server.connections() > 0) std::this_thread::yield();
  RawPeer peer(server.endpoint());
  EXPECT_TRUE(peer.connected());
}

TEST_P(VanishingClient, InTheMiddleOfARequestLeavesNothing) {
  TestServer server(echo, {}, where());
  const std::string request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n123";
  for (std::size_t cut = 0; cut <= request.size(); ++cut) {
    RawPeer peer(server.endpoint());
    ASSERT_TRUE(peer.send(request.substr(0, cut)));
    if (cut % 2 == 0) peer.reset();
  }
  while (server.connections() > 0) std::this_thread::yield();
}

TEST(UnixSocket, IsPrivateReplacedAndRemoved) {
  const Endpoint where = unixTemporary();
  struct stat file{};
  {
    TestServer first(echo, {}, where);
    ASSERT_EQ(::stat(where.path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777U, 0600U);
    TestServer second(echo, {}, where);
    first.stop();
    RawPeer peer(where);
    EXPECT_TRUE(peer.exchange(kGet));
  }
  EXPECT_NE(::stat(where.path.c_str(), &file), 0);

  // A file that is no socket is not touched.
  ::close(::open(where.path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  const auto loop = EventLoop::make();
  EXPECT_FALSE(Server::listen(*loop, where, {}, echo));
  EXPECT_EQ(::stat(where.path.c_str(), &file), 0);
  ::unlink(where.path.c_str());
}

}  // namespace
}  // namespace faasbatch::net
