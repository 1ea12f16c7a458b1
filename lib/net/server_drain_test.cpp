#include <gtest/gtest.h>

#include "lib/net/raw_peer.h"
#include "lib/net/server.h"
#include "lib/net/test_server.h"

namespace faasbatch::net {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

class Drain : public testing::TestWithParam<Wire> {
 protected:
  Drain()
      : server_(
            [this](Request request, Responder responder) {
              if (request.path() == "/") return echo(std::move(request), std::move(responder));
              held_.push_back(std::move(responder));
              arrived_.set_value();
            },
            {}, Address(GetParam())) {}
  ~Drain() override {
    server_.on([this] { held_.clear(); });
    server_.stop();
  }

  void drain(base::Duration time) {
    server_.on([this, time] {
      server_.server().drain(server_.loop().now() + time, [this] { drained_.set_value(); });
    });
  }
  bool isDrained() {
    server_.on([] {});  // what is posted already has run after this
    return drainedFuture_.wait_for(0s) == std::future_status::ready;
  }

  std::vector<Responder> held_;
  std::promise<void> arrived_;
  std::promise<void> drained_;
  std::future<void> drainedFuture_ = drained_.get_future();
  TestServer server_;
};

INSTANTIATE_TEST_SUITE_P(On, Drain, testing::Values(Wire::kTcp, Wire::kTls), wireName);

TEST_P(Drain, OfAnIdleServerEndsAtOnce) {
  RawPeer peer(server_.endpoint());
  ASSERT_TRUE(peer.exchange(kGet));
  const RawPeer silent(server_.endpoint());
  while (server_.connections() < 2) std::this_thread::yield();
  drain(20s);
  drainedFuture_.get();
  EXPECT_EQ(peer.readAll(), "");
  EXPECT_FALSE(RawPeer(server_.endpoint()).connected());
}

TEST_P(Drain, LetsRequestsFinish) {
  RawPeer busy(server_.endpoint());
  ASSERT_TRUE(busy.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  arrived_.get_future().get();
  RawPeer halfway(server_.endpoint());
  ASSERT_TRUE(halfway.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nh"));
  while (server_.connections() < 2) std::this_thread::yield();
  server_.on([] {});

  drain(20s);
  EXPECT_FALSE(isDrained());
  EXPECT_FALSE(RawPeer(server_.endpoint()).connected());
  const auto late = halfway.exchange("i");
  ASSERT_TRUE(late);
  EXPECT_EQ(late->body, "POST / hi");
  EXPECT_EQ(late->headers.find("Connection"), "close");
  EXPECT_FALSE(isDrained());
  server_.on([this] { held_.front().send({}); });
  const auto response = busy.readResponse();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->headers.find("Connection"), "close");
  EXPECT_EQ(busy.readAll(), "");
  drainedFuture_.get();
}

TEST_P(Drain, CutsWhatIsLeftAtTheDeadline) {
  RawPeer busy(server_.endpoint());
  ASSERT_TRUE(busy.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  arrived_.get_future().get();
  drain(30ms);
  drainedFuture_.get();
  EXPECT_EQ(busy.readAll(), "");
  EXPECT_EQ(server_.connections(), 0U);
}

TEST_P(Drain, AnswersWhatHasArrivedInTheKernelOnly) {
  RawPeer kept(server_.endpoint());
  ASSERT_TRUE(kept.exchange(kGet));
  RawPeer fresh(server_.endpoint(), false);
  // While the loop is held up here, both requests reach the kernel, and one connection the backlog.
  server_.on([&] {
    kept.send(kGet);
    fresh.connect();
    if (GetParam() == Wire::kTls) {
      (void)fresh.channel().tls()->handshake();  // its beginning
    } else {
      fresh.send(kGet);
    }
    server_.server().drain(server_.loop().now() + 20s, [this] { drained_.set_value(); });
  });
  EXPECT_EQ(kept.readResponse().value_or(Response{}).headers.find("Connection"), "close");
  if (GetParam() == Wire::kTls) {
    ASSERT_TRUE(fresh.send(kGet));
  }
  EXPECT_EQ(fresh.readResponse().value_or(Response{}).headers.find("Connection"), "close");
  drainedFuture_.get();
}

TEST_P(Drain, AnswersPipelinedRequestsThatAreInTheirWay) {
  RawPeer peer(server_.endpoint());
  ASSERT_TRUE(peer.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(kGet)));
  arrived_.get_future().get();
  drain(20s);
  server_.on([this] { held_.front().send({}); });
  EXPECT_TRUE(peer.readResponse());
  EXPECT_EQ(peer.readResponse().value_or(Response{}).body, "GET / ");
}

}  // namespace
}  // namespace faasbatch::net
