// Messages between agents over real sockets.
#include "node-agent/peers/peers.h"

#include <gmock/gmock.h>

#include "lib/net/test_certificates.h"
#include "lib/testing/eventually.h"
#include "lib/testing/free_port.h"
#include "node-agent/peers/secret.h"
#include "node-agent/peers/service.h"

namespace faasbatch::peers {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// An agent's peer port, and what it is told.
class Node : public PeerListener {
 public:
  Node(net::EventLoop& loop, std::string name, std::string secret = "secret", LinkOptions more = {},
       std::shared_ptr<net::TlsServerContext> shown = nullptr)
      : tls(std::move(shown)), loop_(loop), options_(std::move(more)) {
    options_.node = std::move(name);
    options_.secret = std::move(secret);
    start();
  }

  void start(std::uint16_t port = 0) {
    metrics = std::make_unique<telemetry::Registry>();
    peers = std::make_unique<Peers>(loop_, *metrics, options_);
    peers->setListener(this);
    service = std::make_unique<PeerService>(*peers, options_.secret);
    listen(port);
  }
  void listen(std::uint16_t port) {
    net::ServerLimits limits;
    limits.maxBodyBytes = kMaxRequestBytes;
    auto made = net::Server::listen(
        loop_, *net::Endpoint::parse("127.0.0.1:" + std::to_string(port)), limits,
        [this](net::Request request, net::Responder responder) {
          ++requests;
          service->handle(std::move(request), std::move(responder));
        },
        nullptr, tls, [this](const net::Request& head) { return service->refusal(head); });
    ASSERT_TRUE(made) << made.error().message;
    server = std::move(*made);
  }
  void stop() {
    server.reset();
    service.reset();
    peers.reset();
  }

  PeerAddress address() const { return {options_.node, server->endpoint(), true}; }
  void know(std::initializer_list<const Node*> others) {
    std::vector<PeerAddress> all;
    for (const Node* other : others) all.push_back(other->address());
    peers->update(all);
  }

  void onMessage(const std::string& from, Message message) override {
    const auto* finish = std::get_if<Finish>(&message);
    got.push_back(from + ":" + (finish ? finish->run : std::to_string(message.index())));
  }
  void onLost(const std::string& node, const Loss& loss) override {
    lost.push_back(node + ": " + loss.why + (loss.storeKept ? ", store kept" : ""));
  }
  void onUp(const std::string& node) override { up.push_back(node); }

  std::shared_ptr<net::TlsServerContext> tls;  // nullptr: plain
  std::unique_ptr<telemetry::Registry> metrics;
  std::unique_ptr<Peers> peers;
  std::unique_ptr<PeerService> service;
  std::unique_ptr<net::Server> server;
  std::vector<std::string> got, lost, up;
  int requests = 0;

 private:
  net::EventLoop& loop_;
  LinkOptions options_;
};

class PeersTest : public testing::Test {
 protected:
  bool until(const std::function<bool()>& condition) { return testing::runUntil(*loop_, condition); }
  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
};

TEST_F(PeersTest, MessagesOfOneTurnTravelTogether) {
  Node a(*loop_, "a");
  Node b(*loop_, "b");
  a.know({&b});
  b.know({&a});
  ASSERT_TRUE(until([&] { return a.peers->isReady("b") && b.peers->isReady("a"); }));
  EXPECT_THAT(a.up, ElementsAre("b"));
  const int before = b.requests;
  loop_->post([&] {
    for (int i = 0; i < 100; ++i) a.peers->send("b", Finish{std::to_string(i)});
    a.peers->send("nobody", Finish{"x"});
    a.peers->send("a", Finish{"x"});
  });
  ASSERT_TRUE(until([&] { return b.got.size() == 100; }));
  EXPECT_EQ(b.got[0], "a:0");
  EXPECT_EQ(b.got[99], "a:99");
  EXPECT_EQ(b.requests, before + 1);
}

TEST_F(PeersTest, LargeMessagesTravelInSeveralRequests) {
  Node a(*loop_, "a");
  Node b(*loop_, "b");
  a.know({&b});
  const std::string large(3 << 20, 'x');
  loop_->post([&] {
    for (int i = 0; i < 4; ++i) a.peers->send("b", Progress{"r", {}, 0, large});
  });
  ASSERT_TRUE(until([&] { return b.got.size() == 4; }));
}

TEST_F(PeersTest, AWrongSecretIsRefusedAndNamed) {
  Node a(*loop_, "a", "wrong", {.patience = 200ms});
  Node b(*loop_, "b");
  a.know({&b});
  loop_->post([&] { a.peers->send("b", Finish{"r"}); });
  ASSERT_TRUE(until([&] { return !a.lost.empty(); }));
  EXPECT_THAT(a.lost[0], HasSubstr("it does not take our secret"));
  EXPECT_TRUE(b.got.empty());
  EXPECT_FALSE(a.peers->isReady("b"));
}

TEST_F(PeersTest, EveryPathOfThePortNeedsTheSecret) {
  Node b(*loop_, "b");
  b.service->on("/v1/peer/other", [](net::Request, net::Responder responder) { responder.send({}); });
  const auto client = net::Client::make(*loop_, b.server->endpoint());
  std::vector<int> statuses;
  for (const char* path : {"/v1/peer/messages", "/v1/peer/other", "/v1/peer/other/x", "/v1/peer/others"}) {
    for (const char* secret : {"", "secret"}) {
      net::Request request{"POST", path, {}, ""};
      if (*secret) request.headers.add("Authorization", bearer(secret));
      client->call(std::move(request), loop_->now() + 10s, [&](base::Result<net::Response> answer) {
        ASSERT_TRUE(answer) << answer.error().message;
        statuses.push_back(answer->status);
        if (answer->status == 401) {
          EXPECT_THAT(answer->body, HasSubstr("Unauthorized"));
          EXPECT_EQ(answer->headers.find("Connection"), "close");
        }
      });
      ASSERT_TRUE(until([&, count = statuses.size()] { return statuses.size() == count + 1; }));
    }
  }
  EXPECT_THAT(statuses, ElementsAre(401, 200, 401, 200, 401, 200, 401, 404));
}

TEST_F(PeersTest, ARestartIsALossAndWhatWasMeantForTheOldLifeIsDropped) {
  Node a(*loop_, "a");
  Node b(*loop_, "b", "secret", {.storeKept = true});
  a.know({&b});
  ASSERT_TRUE(until([&] { return a.peers->isReady("b"); }));
  const std::uint16_t port = b.server->endpoint().port;
  b.stop();
  loop_->post([&] { a.peers->send("b", Finish{"old"}); });
  ASSERT_TRUE(until([&] { return !a.peers->isReady("b"); }));
  b.start(port);
  ASSERT_TRUE(until([&] { return !a.lost.empty() && a.up.size() == 2; }));
  EXPECT_EQ(a.lost[0], "b: the agent of node b restarted, store kept");
  loop_->post([&] { a.peers->send("b", Finish{"new"}); });
  ASSERT_TRUE(until([&] { return !b.got.empty(); }));
  EXPECT_THAT(b.got, ElementsAre("a:new"));
}

TEST_F(PeersTest, APeerThatAsksTellsOfItsRestart) {
  Node a(*loop_, "a");
  Node b(*loop_, "b");
  a.know({&b});
  b.know({&a});
  ASSERT_TRUE(until([&] { return a.peers->isReady("b"); }));
  b.stop();
  b.start();
  b.know({&a});
  ASSERT_TRUE(until([&] { return !a.lost.empty(); }));
}

TEST_F(PeersTest, WhatWasNotTakenIsSentAgainWhenThePeerIsBack) {
  Node a(*loop_, "a", "secret", {.patience = 200ms});
  Node b(*loop_, "b");
  a.know({&b});
  ASSERT_TRUE(until([&] { return a.peers->isReady("b"); }));
  const std::uint16_t port = b.server->endpoint().port;
  b.server.reset();
  loop_->post([&] {
    for (int i = 0; i < 3; ++i) a.peers->send("b", Finish{std::to_string(i)});
  });
  ASSERT_TRUE(until([&] { return !a.lost.empty(); }));
  EXPECT_THAT(a.lost[0], HasSubstr("cannot be reached"));
  EXPECT_TRUE(a.peers->isLost("b"));
  b.listen(port);
  ASSERT_TRUE(until([&] { return b.got.size() == 3 && a.up.size() == 2; }));
  EXPECT_FALSE(a.peers->isLost("b"));
}

TEST_F(PeersTest, OneThatHandsStepsBackTakesNoNewWorkInThisLife) {
  Node a(*loop_, "a");
  Node b(*loop_, "b");
  a.know({&b});
  b.know({&a});
  ASSERT_TRUE(until([&] { return a.peers->isReady("b") && b.peers->isReady("a"); }));
  loop_->post([&] {
    b.peers->send("a", HandBack{"r", 1, {0}});
    EXPECT_FALSE(b.peers->idle());
  });
  ASSERT_TRUE(until([&] { return !a.got.empty() && b.peers->idle(); }));
  EXPECT_FALSE(a.peers->isReady("b"));
  EXPECT_FALSE(a.peers->isLost("b"));
  const std::uint16_t port = b.server->endpoint().port;
  b.stop();
  b.start(port);
  a.peers->probe("b");
  b.know({&a});
  EXPECT_TRUE(until([&] { return a.peers->isReady("b"); }));
}

TEST_F(PeersTest, NobodyWaitsForAPeerThatDoesNotAnswer) {
  Node a(*loop_, "a", "secret", {.patience = 200ms});
  Node b(*loop_, "b");
  a.know({&b});
  b.server.reset();
  loop_->post([&] { a.peers->send("b", Finish{"r"}); });
  ASSERT_TRUE(until([&] { return !a.lost.empty(); }));
  EXPECT_TRUE(a.peers->idle());
}

TEST_F(PeersTest, APeerThatIsGoneIsLost) {
  Node a(*loop_, "a");
  Node b(*loop_, "b");
  a.know({&b});
  ASSERT_TRUE(until([&] { return a.peers->isReady("b"); }));
  a.know({});
  ASSERT_TRUE(until([&] { return !a.lost.empty(); }));
  EXPECT_EQ(a.lost[0], "b: the agent of node b is gone");
  EXPECT_EQ(a.peers->client("b"), nullptr);
}

// Both ports speak TLS with a certificate of the cluster's CA, by the name of the agents' Service.
class TlsPeersTest : public PeersTest {
 protected:
  static constexpr const char* kService = "faasbatch-agents.faasbatch.svc";

  std::unique_ptr<Node> node(const std::string& name, const net::TestAuthority& shown) {
    const crypto::KeyPair own = shown.namedOnly(kService);
    auto server = net::TlsServerContext::make({own.certificatePem, own.keyPem, "", false});
    auto client = net::TlsClientContext::make({trusted_.pem(), kService, "", ""});
    EXPECT_TRUE(server && client);
    LinkOptions options{.patience = 200ms};
    options.tls = *client;
    return std::make_unique<Node>(*loop_, name, "secret", options, *server);
  }
  net::TestAuthority trusted_;
};

TEST_F(TlsPeersTest, SpeakToThoseThatTheirAuthorityHasSigned) {
  const auto a = node("a", trusted_);
  const auto b = node("b", trusted_);
  a->know({b.get()});
  b->know({a.get()});
  loop_->post([&] {
    a->peers->send("b", Finish{"to b"});
    b->peers->send("a", Finish{"to a"});
  });
  ASSERT_TRUE(until([&] { return !a->got.empty() && !b->got.empty(); }));
  EXPECT_THAT(b->got, ElementsAre("a:to b"));
  EXPECT_THAT(a->got, ElementsAre("b:to a"));
}

TEST_F(TlsPeersTest, TellOneOfAnotherAuthorityNothing) {
  const net::TestAuthority other("another-ca");
  const auto a = node("a", trusted_);
  const auto b = node("b", other);
  a->know({b.get()});
  loop_->post([&] { a->peers->send("b", Finish{"r"}); });
  ASSERT_TRUE(until([&] { return !a->lost.empty(); }));
  EXPECT_EQ(b->requests, 0);
  EXPECT_TRUE(b->got.empty());
}

TEST_F(PeersTest, AFullQueueDropsProgressFirst) {
  Node a(*loop_, "a");
  Node b(*loop_, "b");
  a.know({&b});
  const std::string large(16 << 20, 'x');
  loop_->post([&] {
    a.peers->send("b", Finish{"first"});
    for (int i = 0; i < 5; ++i) a.peers->send("b", Progress{"r", {}, 0, large});
    a.peers->send("b", Finish{"last"});
  });
  ASSERT_TRUE(until([&] { return !b.got.empty() && b.got.back() == "a:last"; }));
  EXPECT_EQ(b.got.front(), "a:first");
  EXPECT_LT(b.got.size(), 7);
}

}  // namespace
}  // namespace faasbatch::peers
