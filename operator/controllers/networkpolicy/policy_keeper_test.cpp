#include "operator/controllers/networkpolicy/policy_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "lib/testing/eventually.h"
#include "lib/testing/fast_loop.h"
#include "lib/testing/scripted_api_server.h"
#include "operator/controllers/networkpolicy/policy.h"

namespace faasbatch::controllers {
namespace {

using faasbatch::testing::ScriptedApiServer;
using ::testing::HasSubstr;

constexpr std::string_view kSpec = R"({"podSelector":{"matchLabels":{"a":"b"}},"policyTypes":["Ingress"]})";

TEST(PolicySpec, TakesAPolicyOrItsSpec) {
  const std::string spec = "podSelector: {matchLabels: {a: b}}\npolicyTypes: [Ingress]\n";
  EXPECT_EQ(policySpec(spec).value(), kSpec);
  EXPECT_EQ(
      policySpec("kind: NetworkPolicy\nspec: {podSelector: {matchLabels: {a: b}}, policyTypes: [Ingress]}")
          .value(),
      kSpec);
}

TEST(PolicySpec, RefusesWhatIsNoneOrWouldBeAboutAllPods) {
  const std::pair<std::string, std::string> bad[] = {{"a: [", "no YAML"},
                                                     {"kind: Pod\nspec: {podSelector: {a: {}}}", "kind Pod"},
                                                     {"policyTypes: [Ingress]", "podSelector"},
                                                     {"podSelector: {}", "podSelector"},
                                                     {"kind: NetworkPolicy", "podSelector"},
                                                     {std::string(kMaxPolicyBytes + 1, ' '), "longer"}};
  for (const auto& [yaml, why] : bad) {
    const auto spec = policySpec(yaml);
    ASSERT_FALSE(spec) << yaml;
    EXPECT_EQ(spec.error().kind, "InvalidNetworkPolicy");
    EXPECT_THAT(spec.error().message, HasSubstr(why));
  }
}

class PolicyKeeperTest : public ::testing::Test {
 protected:
  PolicyKeeperTest() {
    ::setenv("no_proxy", "*", 1);
    client = kube::Client::make(fast, {.server = api.url()}).value();
  }
  ~PolicyKeeperTest() override { keeper.reset(); }

  void start() { keeper = PolicyKeeper::start(fast, *client, std::string(kSpec)); }
  static std::string path(const std::string& nameSpace) {
    return "/apis/networking.k8s.io/v1/namespaces/" + nameSpace + "/networkpolicies/faasbatch-functions";
  }
  bool kept(const std::string& nameSpace) { return api.get(path(nameSpace)).contains(kSpec); }
  template <class Condition>
  bool until(Condition condition) {
    return faasbatch::testing::runUntil(*loop, condition);
  }

  ScriptedApiServer api;
  std::unique_ptr<net::EventLoop> loop = net::EventLoop::make();
  faasbatch::testing::FastLoop fast{*loop, 200};
  std::unique_ptr<kube::Client> client;
  std::unique_ptr<PolicyKeeper> keeper;
};

TEST_F(PolicyKeeperTest, IsWhereWorkflowsAreAndGoesAfterThem) {
  start();
  keeper->setNamespaces({"a", "b"});
  ASSERT_TRUE(until([&] { return kept("a") && kept("b"); }));
  const base::Instant left = fast.now();
  keeper->setNamespaces({"b"});
  ASSERT_TRUE(until([&] { return api.get(path("a")).empty(); }));
  EXPECT_GE(fast.now() - left, kPolicyKeptFor);
  EXPECT_TRUE(kept("b"));
  EXPECT_EQ(api.count("PATCH"), 2u);
}

TEST_F(PolicyKeeperTest, StaysWhereAWorkflowComesBackInTime) {
  start();
  keeper->setNamespaces({"a"});
  ASSERT_TRUE(until([&] { return kept("a"); }));
  keeper->setNamespaces({});
  keeper->setNamespaces({"a"});
  const base::Instant end = fast.now() + 2 * kPolicyKeptFor;
  until([&] { return fast.now() >= end; });
  EXPECT_TRUE(kept("a"));
  EXPECT_EQ(api.count("DELETE"), 0u);
}

TEST_F(PolicyKeeperTest, PutsRightWhatSomebodyElseChangedOrRemoved) {
  start();
  keeper->setNamespaces({"a"});
  ASSERT_TRUE(until([&] { return kept("a"); }));
  api.merge(path("a"), R"({"spec": {"policyTypes": []}})");
  ASSERT_TRUE(until([&] { return kept("a"); }));
  api.remove(path("a"));
  EXPECT_TRUE(until([&] { return kept("a"); }));
}

TEST_F(PolicyKeeperTest, RemovesWhatAnEarlierLeaderLeft) {
  api.add("/apis/networking.k8s.io/v1/namespaces/old/networkpolicies", policyJson(std::string(kSpec), "old"));
  start();
  keeper->setNamespaces({"a"});
  EXPECT_TRUE(until([&] { return kept("a") && api.get(path("old")).empty(); }));
}

TEST_F(PolicyKeeperTest, TriesAgain) {
  api.script("PATCH", ScriptedApiServer::failure(403, "Forbidden"), 2);
  start();
  keeper->setNamespaces({"a"});
  EXPECT_TRUE(until([&] { return kept("a"); }));
}

}  // namespace
}  // namespace faasbatch::controllers
