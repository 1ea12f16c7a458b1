// Who waits for a server that is away, over sockets.
#include "lib/kube/api_test.h"
#include "lib/kube/presence.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;

class ClientPresenceTest : public ApiTest {
 protected:
  ClientPresenceTest() { connect({.requestTime = 1s, .maxRetries = 0}); }

  // The connection is lost under every answer.
  void goAway() {
    server_.script("/", {.kind = Fault::Kind::kCut}, 100'000);
    EXPECT_EQ(get(kPods, {"ns", "a"}).error().reason, "ConnectionLost");
  }
  void wait() {
    wait_ = client_->whenBack([this] { ++back_; });
  }

  Client::WaitId wait_ = 0;
  int back_ = 0;
};

TEST_F(ClientPresenceTest, IsToldByAProbeWhenNothingElseIsAsked) {
  goAway();
  wait();
  ASSERT_TRUE(until([&] { return server_.count("GET /version") >= 2; }));
  EXPECT_EQ(back_, 0);
  server_.clearScript();
  ASSERT_TRUE(until([&] { return back_ == 1; }));
}

TEST_F(ClientPresenceTest, IsToldByTheAnswerToAnother) {
  goAway();
  wait();
  server_.clearScript();
  server_.script("/version", {.kind = Fault::Kind::kCut}, 100'000);
  EXPECT_EQ(get(kPods, {"ns", "a"}).error().reason, "NotFound");  // an answer
  ASSERT_TRUE(until([&] { return back_ == 1; }));
}

TEST_F(ClientPresenceTest, ProbesForNobody) {
  goAway();
  wait();
  client_->waitNoMore(wait_);
  client_->waitNoMore(999);
  pass(kProbeEvery / kFaster * 3);
  EXPECT_EQ(server_.count("GET /version"), 0U);
  server_.clearScript();
  EXPECT_EQ(get(kPods, {"ns", "a"}).error().reason, "NotFound");
  pass(10ms);
  EXPECT_EQ(back_, 0);
}

TEST_F(ClientPresenceTest, OneThatIsToldMayEndTheWaitOfAnotherOrWaitAnew) {
  goAway();
  const auto other = std::make_shared<Client::WaitId>(0);
  client_->whenBack([this, other] {
    client_->waitNoMore(*other);
    wait();
  });
  *other = client_->whenBack([this] { back_ += 100; });
  server_.clearScript();
  ASSERT_TRUE(until([&] { return wait_ != 0; }));
  EXPECT_EQ(back_, 0);
}

TEST_F(ClientPresenceTest, MayBeGoneWhileSomebodyWaits) {
  goAway();
  wait();
  ASSERT_TRUE(until([&] { return server_.count("GET /version") >= 1; }));
  client_ = nullptr;
  server_.clearScript();
  pass(10ms);
  EXPECT_EQ(back_, 0);
}

}  // namespace
}  // namespace faasbatch::kube
