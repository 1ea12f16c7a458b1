// An agent of a Kubernetes node passes calls on to the agent of the node where their workflow is placed.
#include "lib/json/path.h"
#include "lib/net/server.h"
#include "tests/cluster/agent_in_cluster.h"

namespace faasbatch::testing {
namespace {

using ::testing::HasSubstr;

// The peer port of another agent.
class AnotherAgent {
 public:
  AnotherAgent(net::EventLoop& loop, const crypto::KeyPair& shown) {
    auto tls = net::TlsServerContext::make({shown.certificatePem, shown.keyPem, "", false});
    auto made = net::Server::listen(
        loop, *net::Endpoint::parse("127.0.0.1:0"), {},
        [this](net::Request request, net::Responder responder) {
          net::Response response;
          if (request.path().starts_with("/v1/peer/gateway/")) {
            response.body = R"("from another")";
            calls.push_back(std::move(request));
          } else {
            response.headers.add("Faasbatch-Incarnation", "one");
          }
          responder.send(std::move(response));
        },
        nullptr, *tls);
    server_ = std::move(*made);
  }
  std::uint16_t port() const { return server_->endpoint().port; }
  std::vector<net::Request> calls;

 private:
  std::unique_ptr<net::Server> server_;
};

class Forwarding : public AgentInCluster {
 protected:
  void placeOnAnother(std::uint16_t port) {
    apply("far",
          R"({"functions":[{"name":"f","runtime":"Python","handler":"f.handler","source":{"inline":"x"}}],)"
          R"("steps":[{"name":"s","function":"f"}]})",
          {"s"});
    api_.merge(workflowsPath("shop") + "/far/status",
               R"({"status":{"placement":[{"step":"s","group":0,"node":"n2","store":"Node"}],)"
               R"("replicas":[{"nodes":["n2"]}]}})");
    api_.add("/apis/discovery.k8s.io/v1/namespaces/system/endpointslices",
             R"({"kind":"EndpointSlice","metadata":{"name":"agents","labels":{)"
             R"("kubernetes.io/service-name":"faasbatch-agents"}},"addressType":"IPv4",)"
             R"("endpoints":[{"addresses":["127.0.0.1"],"nodeName":"n2","conditions":{"ready":true}}],)"
             R"("ports":[{"name":"peers","port":)" +
                 std::to_string(port) + "}]}");
  }
};

TEST_F(Forwarding, ToTheAgentOfTheNodeThatAWorkflowIsPlacedOn) {
  AnotherAgent another(*loop_, authority_.namedOnly("faasbatch-agents.system.svc"));
  placeOnAnother(another.port());
  start();
  ASSERT_TRUE(eventually([&] { return call("far", R"({"n":1})").status == 200; })) << agent_->output();
  ASSERT_FALSE(another.calls.empty());
  const net::Request& seen = another.calls.back();
  EXPECT_EQ(seen.target, "/v1/peer/gateway/v1/namespaces/shop/workflows/far/invocations");
  EXPECT_EQ(seen.body, R"({"n":1})");
  EXPECT_EQ(seen.headers.find("Authorization"), std::string("Bearer ") + kPeerSecret);
  EXPECT_EQ(seen.headers.find("Faasbatch-Node"), kNode);
}

TEST_F(Forwarding, NotToOneWithACertificateOfAnotherAuthority) {
  const net::TestAuthority other("another-ca");
  AnotherAgent another(*loop_, other.namedOnly("faasbatch-agents.system.svc"));
  placeOnAnother(another.port());
  start();
  const net::Response answer = call("far");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("AgentUnreachable"));
  EXPECT_TRUE(another.calls.empty());
}

}  // namespace
}  // namespace faasbatch::testing
