// Nodes and slices of a scripted API server, reports of agents that the test writes.
#include "operator/inventory/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/net/test_certificates.h"
#include "lib/testing/eventually.h"
#include "lib/testing/scripted_api_server.h"
#include "operator/testing/fake_agent.h"

namespace faasbatch::inventory {
namespace {

using faasbatch::testing::eventually;
using operators::testing::FakeAgent;

constexpr std::string_view kSlices = "/apis/discovery.k8s.io/v1/namespaces/system/endpointslices";

class WatchTest : public ::testing::Test {
 protected:
  WatchTest() {
    node("w1");
    api.add(std::string(kSlices), slice("w1", agent.port()));
    thread.on([this] {
      auto made = kube::Client::make(thread.loop(), {.server = api.url()});
      client = std::move(*made);
      auto tls = net::TlsClientContext::make({.caPem = authority.pem(), .serverName = "agents.test"}).value();
      watch = Watch::start(thread.loop(), *client, {"system", {std::move(tls), [] { return "s3cret"; }}},
                           [this](const Changes& changes) { news.add(changes); });
    });
  }
  ~WatchTest() override {
    thread.on([this] {
      watch.reset();
      client.reset();
    });
  }
  std::shared_ptr<net::TlsServerContext> tls() const {
    return net::TlsServerContext::make({.certificatePem = pair.certificatePem, .keyPem = pair.keyPem})
        .value();
  }
  void node(const std::string& name) {
    api.add("/api/v1/nodes",
            R"({"apiVersion": "v1", "kind": "Node", "metadata": {"name": ")" + name +
                R"(", "labels": {"disk": "ssd"}}, "status": {"allocatable": {"cpu": "2"}}})");
  }
  static std::string slice(const std::string& node, std::uint16_t port) {
    return R"({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "s-)" +
           node + R"(", "labels": {"kubernetes.io/service-name": "faasbatch-agents"}}, "ports": [{"port": )" +
           std::to_string(port) + R"(}], "endpoints": [{"addresses": ["127.0.0.1"], "nodeName": ")" + node +
           R"(", "conditions": {"ready": true}}]})";
  }
  std::string state(const std::string& node) {
    return thread.on([&] {
      const auto& agents = watch->inventory().agents();
      const auto found = agents.find(node);
      return found == agents.end() ? std::string("none") : std::string(name(found->second.state));
    });
  }
  bool becomes(const std::string& node, const std::string& wanted) {
    return eventually([&] { return state(node) == wanted; });
  }

  faasbatch::testing::ScriptedApiServer api;
  const net::TestAuthority authority;
  const crypto::KeyPair pair = authority.namedOnly("agents.test");
  FakeAgent agent{"w1", tls()};
  net::LoopThread thread;
  std::unique_ptr<kube::Client> client;
  std::unique_ptr<Watch> watch;
  Changes news;
};

TEST_F(WatchTest, FindsAgentsAndAsksThem) {
  ASSERT_TRUE(becomes("w1", "Ready"));
  EXPECT_EQ(agent.lastSecret(), "Bearer s3cret");
  thread.on([this] {
    EXPECT_TRUE(watch->synced());
    EXPECT_TRUE(news.nodes);
    const auto nodes = watch->inventory().nodes();
    ASSERT_EQ(nodes.size(), 1u);
    EXPECT_EQ(nodes[0].scale, 10u);
    EXPECT_EQ(nodes[0].cpuMilli, 2000);
  });
  agent.serve({.nameSpace = "default", .name = "wf"});
  EXPECT_TRUE(
      eventually([&] { return thread.on([this] { return news.workflows.contains({"default", "wf"}); }); }));
  EXPECT_LE(agent.requests(), 4u);  // it waits for news instead of asking
}

TEST_F(WatchTest, FollowsTheEndpoints) {
  ASSERT_TRUE(becomes("w1", "Ready"));
  FakeAgent other{"w2", tls()};
  node("w2");
  api.add(std::string(kSlices), slice("w2", other.port()));
  ASSERT_TRUE(becomes("w2", "Ready"));
  api.remove(std::string(kSlices) + "/s-w2");
  EXPECT_TRUE(becomes("w2", "Away"));
  api.add(std::string(kSlices), slice("w2", other.port()));
  EXPECT_TRUE(becomes("w2", "Ready"));
}

TEST_F(WatchTest, AnAgentThatDoesNotAnswerWellIsAwayAndComesBack) {
  ASSERT_TRUE(becomes("w1", "Ready"));
  const std::pair<FakeAgent::Mood, std::string_view> moods[] = {{FakeAgent::Mood::kRefuses, "peer secret"},
                                                                {FakeAgent::Mood::kGarbage, "report"}};
  for (const auto& [mood, why] : moods) {
    agent.setMood(mood);
    ASSERT_TRUE(becomes("w1", "Away"));
    thread.on([&] { EXPECT_THAT(watch->inventory().agents().at("w1").failure, ::testing::HasSubstr(why)); });
    agent.setMood(FakeAgent::Mood::kWell);
    ASSERT_TRUE(becomes("w1", "Ready"));
  }
}

TEST_F(WatchTest, AnAgentThatIsNobodyWeTrustIsTakenForSilent) {
  const crypto::KeyPair stranger = net::TestAuthority().namedOnly("agents.test");
  FakeAgent other{"w2", net::TlsServerContext::make(
                            {.certificatePem = stranger.certificatePem, .keyPem = stranger.keyPem})
                            .value()};
  node("w2");
  api.add(std::string(kSlices), slice("w2", other.port()));
  ASSERT_TRUE(eventually([&] {
    return thread.on([&] {
      const auto& agents = watch->inventory().agents();
      return agents.contains("w2") && agents.at("w2").failure.contains("certificate");
    });
  }));
  EXPECT_EQ(other.requests(), 0u);
}

TEST_F(WatchTest, AnotherIncarnationIsHeardAtOnce) {
  agent.serve({.nameSpace = "default", .name = "wf"});
  const auto reports = [this] {
    return thread.on([this] { return watch->inventory().reports({"default", "wf"}).size(); });
  };
  ASSERT_TRUE(eventually([&] { return reports() == 1; }));
  agent.restart();
  EXPECT_TRUE(eventually([&] { return reports() == 0; }));
}

}  // namespace
}  // namespace faasbatch::inventory
