#include <algorithm>
#include <random>
#include <vector>

#include "lib/json/path.h"
#include "lib/kube/api_test.h"
#include "lib/kube/lease.h"
#include "lib/kube/lease_record.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::ScriptedApiServer;

constexpr const char* kPath = "/apis/coordination.k8s.io/v1/namespaces/ns/leases/lead";

class LeaderElectorTest : public ApiTest {
 protected:
  LeaderElectorTest() { connect({.requestTime = 500ms}); }

  std::unique_ptr<LeaderElector> candidate(const std::string& identity) {
    return LeaderElector::start(fast_, *client_, {.nameSpace = "ns", .name = "lead", .identity = identity},
                                {.onStarted = [this, identity] { told_.push_back(identity + " leads"); },
                                 .onStopped = [this, identity] { told_.push_back(identity + " stops"); }});
  }
  std::vector<std::string> told(std::size_t count) {
    EXPECT_TRUE(until([&] { return told_.size() >= count; }));
    return std::exchange(told_, {});
  }
  std::string holder() {
    const std::string lease = server_.get(kPath);
    return lease.empty() ? "nobody" : parseLease(parseObject(lease).value()).holder;
  }

  std::vector<std::string> told_;
};

TEST_F(LeaderElectorTest, OneLeadsAndTheOtherWaitsForItsEnd) {
  auto a = candidate("a");
  EXPECT_THAT(told(1), ElementsAre("a leads"));
  EXPECT_TRUE(a->leading());
  EXPECT_EQ(holder(), "a");
  auto b = candidate("b");
  pass(40s / kFaster);
  EXPECT_TRUE(told_.empty());
  EXPECT_FALSE(b->leading());

  bool released = false;
  a->release(5s, [&] { released = true; });
  EXPECT_FALSE(a->leading());
  const base::Instant begin = fast_.now();
  EXPECT_THAT(told(2), ElementsAre("a stops", "b leads"));
  EXPECT_LT(fast_.now() - begin, 5s);  // at once, not when the Lease has expired
  EXPECT_TRUE(until([&] { return released; }));
  pass(20s / kFaster);
  EXPECT_TRUE(told_.empty());  // it does not come back
}

TEST_F(LeaderElectorTest, RenewsNowAndThenAndAsksForNothingElse) {
  const auto a = candidate("a");
  told(1);
  const std::size_t before = server_.seen().size();
  pass(60s / kFaster);
  EXPECT_GE(server_.count("PATCH"), 5U);
  EXPECT_LE(server_.seen().size() - before, 10U);
}

TEST_F(LeaderElectorTest, TakesOverFromOneThatSaysNothingMore) {
  server_.add(
      "/apis/coordination.k8s.io/v1/namespaces/ns/leases",
      R"({"metadata":{"name":"lead","labels":{"keep":"me"}},"spec":{"holderIdentity":"gone",)"
      R"("leaseDurationSeconds":15,"renewTime":"2999-01-01T00:00:00.000000Z","leaseTransitions":4}})");
  const auto a = candidate("a");
  const base::Instant begin = fast_.now();
  EXPECT_THAT(told(1), ElementsAre("a leads"));
  EXPECT_GE(fast_.now() - begin, 14s);  // whatever the other's clock says
  EXPECT_EQ(json::at(server_.get(kPath), {"spec", "leaseTransitions"}), "5");
  EXPECT_EQ(json::at(server_.get(kPath), {"metadata", "labels", "keep"}), "\"me\"");
}

TEST_F(LeaderElectorTest, StopsInTimeWhenItCannotRenew) {
  const auto a = candidate("a");
  told(1);
  server_.script("PATCH", ScriptedApiServer::failure(500, "InternalError"), 1000);
  const base::Instant begin = fast_.now();
  EXPECT_THAT(told(1), ElementsAre("a stops"));
  EXPECT_LT(fast_.now() - begin, 15s);  // before anybody else can take it
  EXPECT_FALSE(a->leading());
  EXPECT_GE(server_.count("PATCH"), 2U);
  server_.clearScript();
  EXPECT_THAT(told(1), ElementsAre("a leads"));
}

TEST_F(LeaderElectorTest, StopsInTimeWhenNothingIsAnswered) {
  const auto a = candidate("a");
  told(1);
  server_.script("PATCH", {.kind = Fault::Kind::kSilent}, 1000);
  const base::Instant begin = fast_.now();
  EXPECT_THAT(told(1), ElementsAre("a stops"));
  EXPECT_LT(fast_.now() - begin, 15s);  // before anybody else can take it
}

TEST_F(LeaderElectorTest, OutlivesAnErrorOrTwo) {
  const auto a = candidate("a");
  told(1);
  server_.script("PATCH", ScriptedApiServer::failure(409, "Conflict"));
  server_.script("PATCH", {.kind = Fault::Kind::kCut});
  pass(60s / kFaster);
  EXPECT_TRUE(told_.empty());
  EXPECT_TRUE(a->leading());
}

TEST_F(LeaderElectorTest, StopsWhenSomebodyElseHasTakenTheLease) {
  const auto a = candidate("a");
  told(1);
  server_.merge(kPath, R"({"spec":{"holderIdentity":"thief"}})");
  EXPECT_THAT(told(1), ElementsAre("a stops"));
  EXPECT_THAT(told(1), ElementsAre("a leads"));  // when the thief's time is up
}

TEST_F(LeaderElectorTest, MakesTheLeaseAnewWhenItIsRemoved) {
  const auto a = candidate("a");
  told(1);
  server_.remove(kPath);
  EXPECT_THAT(told(2), ElementsAre("a stops", "a leads"));
  EXPECT_EQ(holder(), "a");
}

TEST_F(LeaderElectorTest, ReleasesTheLeaseWithItself) {
  auto a = candidate("a");
  told(1);
  a = nullptr;
  EXPECT_TRUE(until([&] { return holder().empty(); }));
  EXPECT_TRUE(told_.empty());
}

TEST_F(LeaderElectorTest, ReleaseEndsWhenItsTimeIsUp) {
  const auto a = candidate("a");
  told(1);
  server_.script("PATCH", {.kind = Fault::Kind::kSilent}, 1000);
  bool released = false;
  a->release(4s, [&] { released = true; });
  EXPECT_FALSE(released);
  EXPECT_TRUE(until([&] { return released; }));
  auto b = candidate("b");
  bool at_once = false;
  b->release(1h, [&] { at_once = true; });
  EXPECT_TRUE(until([&] { return at_once; }));
}

TEST_F(LeaderElectorTest, ReleasesOnTopOfARenewalThatIsUnderWay) {
  const auto a = candidate("a");
  told(1);
  server_.script("PATCH", ScriptedApiServer::failure(409, "Conflict"));
  server_.merge(kPath, R"({"metadata":{"labels":{"x":"y"}}})");
  bool released = false;
  a->release(10s, [&] { released = true; });
  EXPECT_TRUE(until([&] { return released; }));
  EXPECT_EQ(holder(), "");
}

TEST_F(LeaderElectorTest, NeverTwoLeadWhateverHappens) {
  std::vector<std::unique_ptr<LeaderElector>> all;
  for (const char* identity : {"a", "b", "c"}) all.push_back(candidate(identity));
  std::size_t most = 0;
  std::function<void()> look = [&] {
    most = std::max<std::size_t>(most,
                                 std::ranges::count_if(all, [](const auto& one) { return one->leading(); }));
    loop_->after(1ms, look);
  };
  look();
  std::mt19937 random(3);
  for (int round = 0; round < 25; ++round) {
    switch (random() % 5) {
      case 0:
        server_.script("PATCH", ScriptedApiServer::failure(500, "InternalError"), 8);
        break;
      case 1:
        server_.script("leases", {.kind = Fault::Kind::kCut}, 2);
        break;
      case 2:
        server_.cutWatches("");
        break;
      case 3:
        server_.script("PATCH", {.kind = Fault::Kind::kSilent}, 3);
        break;
      default:
        break;
    }
    pass(std::chrono::milliseconds(random() % 400));
  }
  server_.clearScript();
  EXPECT_TRUE(
      until([&] { return std::ranges::any_of(all, [](const auto& one) { return one->leading(); }); }));
  EXPECT_EQ(most, 1U);
  look = [] {};
  pass(5ms);
}

}  // namespace
}  // namespace faasbatch::kube
