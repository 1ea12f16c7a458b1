// The whole operator, as a program of its own with the rights that the chart gives it, against a real API
// server; and agents that the test pretends.
#pragma once

#include <fstream>
#include <iterator>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/cluster/names.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/json/write.h"
#include "lib/kube/real_api_test.h"
#include "lib/net/curl_client.h"
#include "lib/testing/child_process.h"
#include "lib/testing/free_port.h"
#include "lib/testing/temp_dir.h"
#include "operator/certificates/objects.h"
#include "operator/controllers/functionworkflow/status.h"
#include "operator/testing/serving_agents.h"

namespace faasbatch::manager {

inline const std::string kSystem = "faasbatch-system";  // the namespace of the chart's golden files
inline constexpr std::string_view kPeerSecretText = "a-secret-of-this-test";

inline std::string fileText(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The objects of a YAML stream, in JSON.
inline std::vector<std::string> objectsIn(const std::string& yaml) {
  std::vector<std::string> objects;
  for (std::size_t begin = 0; begin < yaml.size();) {
    const std::size_t end = std::min(yaml.find("\n---", begin), yaml.size());
    const auto json = tree::yamlToJson(yaml.substr(begin, end - begin), tree::kMaxYamlNodes);
    if (json && json->starts_with('{')) objects.push_back(*json);
    begin = end == yaml.size() ? end : yaml.find('\n', end + 1) + 1;
  }
  return objects;
}

// One replica of the operator.
struct Replica {
  std::string name;
  std::uint16_t webhookPort = testing::freePort();
  std::uint16_t healthPort = testing::freePort();
  std::uint16_t adminPort = testing::freePort();
  std::unique_ptr<testing::ChildProcess> process;
};

class WholeOperatorTest : public kube::RealApiTest {
 protected:
  void SetUp() override {
    RealApiTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (host_.empty()) GTEST_SKIP() << "this machine has no address but those of its loopback interface";
    needWorkflows();
    ensure(kube::kNamespaces, "", R"({"metadata":{"name":")" + kSystem + "\"}}");
    grantWhatTheChartGrants();
    std::ofstream(directory_.file("secret")) << kPeerSecretText << "\n";
  }

  void TearDown() override {
    serving_.reset();
    agents_.clear();
    replicas_.clear();
    if (!client_) return;
    clear(kube::kFunctionWorkflows, "");
    for (const kube::Resource& kind : {kube::kNodes, kube::kValidatingWebhookConfigurations}) clear(kind, "");
    for (const kube::Resource& kind : {kube::kEndpointSlices, kube::kSecrets, kube::kLeases})
      clear(kind, kSystem);
  }

  void ensure(const kube::Resource& resource, const std::string& nameSpace, const std::string& json) {
    const auto made = create(resource, nameSpace, json);
    ASSERT_TRUE(made || made.error().reason == "AlreadyExists") << made.error().message;
  }

  void clear(const kube::Resource& resource, const std::string& nameSpace) {
    const auto found = list(resource, {.nameSpace = nameSpace});
    if (!found) return;
    for (const kube::Object& object : found->items) remove(resource, object.key);
  }

  // Roles and bindings of helm/golden/defaults.yaml whose name is `name`.
  void grantWhatTheChartGrants(const std::string& name = "faasbatch-operator", int wanted = 4) {
    const std::pair<std::string, kube::Resource> kinds[] = {
        {"ClusterRole", {"rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false}},
        {"ClusterRoleBinding",
         {"rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false}},
        {"Role", {"rbac.authorization.k8s.io", "v1", "roles", "Role"}},
        {"RoleBinding", {"rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"}}};
    int granted = 0;
    for (const std::string& json : objectsIn(fileText(FAASBATCH_SOURCE_DIR "/helm/golden/defaults.yaml"))) {
      const auto kindOf = json::at(json, {"kind"});
      const auto nameOf = json::at(json, {"metadata", "name"});
      for (const auto& [kind, resource] : kinds) {
        if (kindOf != json::quoted(kind) || nameOf != json::quoted(name)) continue;
        ensure(resource, resource.namespaced ? kSystem : "", json);
        ++granted;
      }
    }
    ASSERT_EQ(granted, wanted);
  }

  // A kubeconfig of the service account that the chart gives the operator.
  std::string kubeconfig(const std::string& account = "faasbatch-operator") {
    const std::string user = "system:serviceaccount:" + kSystem + ":" + account;
    const crypto::KeyPair pair = server().client(
        user, {"system:serviceaccounts", "system:serviceaccounts:" + kSystem, "system:authenticated"});
    server().file(account + ".crt", pair.certificatePem);
    server().file(account + ".key", pair.keyPem);
    return server().kubeconfig("client-certificate: " + account + ".crt, client-key: " + account + ".key");
  }

  Replica& startReplica(const std::string& name, std::vector<std::string> more = {},
                        std::vector<std::string> environment = {}) {
    Replica& replica = replicas_.emplace_back();
    replica.name = name;
    const auto at = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
    std::vector<std::string> command{FAASBATCH_BIN_DIR "/faasbatch-operator",
                                     "--kubeconfig=" + kubeconfig(),
                                     "--name=" + name,
                                     "--namespace=" + kSystem,
                                     "--peer-secret-file=" + directory_.file("secret"),
                                     "--gateway-dns-name=localhost",
                                     "--webhook-listen=" + at(replica.webhookPort),
                                     "--health-listen=" + at(replica.healthPort),
                                     "--admin-listen=" + at(replica.adminPort),
                                     "--drain-seconds=0"};
    command.insert(command.end(), more.begin(), more.end());
    replica.process = std::make_unique<testing::ChildProcess>(
        std::move(command), testing::ChildProcess::Options{.environment = std::move(environment)});
    return replica;
  }

  // The chart's, but for a port of this machine instead of a Service.
  void addWebhook(std::uint16_t port) {
    ensure(kube::kValidatingWebhookConfigurations, "",
           R"({"metadata":{"name":"faasbatch-admission"},"webhooks":[{"name":"functionworkflows.faasbatch.io",
              "admissionReviewVersions":["v1"],"sideEffects":"None","failurePolicy":"Fail","clientConfig":{"url":"https://localhost:)" +
               std::to_string(port) +
               R"(/v1/validate"},"rules":[{"apiGroups":["faasbatch.io"],"apiVersions":["v1alpha1"],
              "operations":["CREATE","UPDATE"],"resources":["functionworkflows"],"scope":"Namespaced"}]}]})");
  }

  // What GET `path` of the port answers: status and body; 0 where nothing does.
  net::Response ask(std::uint16_t port, const std::string& path) {
    auto http = net::CurlClient::make(*loop_, "http://127.0.0.1:" + std::to_string(port)).value();
    std::optional<net::Response> answer;
    http->call({.method = "GET", .target = path}, loop_->now() + std::chrono::seconds(10),
               [&](base::Result<net::Response> response) {
                 answer = response ? std::move(*response) : net::Response{.status = 0};
               });
    until([&] { return answer.has_value(); });
    return answer.value_or(net::Response{.status = 0});
  }
  bool becomesReady(const Replica& replica) {
    return poll([&] { return ask(replica.healthPort, "/readyz").status == 200; });
  }
  bool leads(const Replica& replica) {
    return ask(replica.healthPort, "/metrics").body.contains("\nfaasbatch_operator_leading 1\n");
  }

  // Like until(), for conditions that wait for answers themselves.
  bool poll(const std::function<bool()>& condition, base::Duration atMost = 3 * testing::kPatience) {
    const base::Instant end = loop_->now() + atMost;
    while (!condition()) {
      if (loop_->now() >= end) return false;
      pass(std::chrono::milliseconds(50));
    }
    return true;
  }

  // A node with an agent, once the operator has made the certificate.
  operators::testing::FakeAgent& addAgent(const std::string& node) {
    ensure(kube::kNodes, "", R"({"metadata":{"name":")" + node + "\"}}");
    // New nodes are tainted as not ready, and there is nobody here who would say otherwise.
    EXPECT_TRUE(patch(kube::kNodes, {"", node}, kube::PatchType::kMerge, R"({"spec":{"taints":null}})"));
    kube::Result<kube::Object> secret = std::unexpected(kube::ApiError{});
    EXPECT_TRUE(poll([&] {
      secret = get(kube::kSecrets, {kSystem, std::string(cluster::kTlsSecret)});
      return secret.has_value();
    }));
    const crypto::KeyPair pair = certificates::materialOf("", secret->json).serving;
    auto tls =
        net::TlsServerContext::make({.certificatePem = pair.certificatePem, .keyPem = pair.keyPem}).value();
    agents_.push_back(std::make_unique<operators::testing::FakeAgent>(node, std::move(tls), host_));
    ensure(
        kube::kEndpointSlices, kSystem,
        R"({"metadata":{"name":"agents-)" + node +
            R"(","labels":{"kubernetes.io/service-name":"faasbatch-agents"}},"addressType":"IPv4","ports":[{"port":)" +
            std::to_string(agents_.back()->port()) + R"(,"name":"peers"}],"endpoints":[{"addresses":[")" +
            host_ + R"("],"nodeName":")" + node + R"(","conditions":{"ready":true}}]})");
    return *agents_.back();
  }
  // The agents there are serve what is placed on them from now on.
  void serve() {
    std::vector<operators::testing::FakeAgent*> agents;
    for (const auto& agent : agents_) agents.push_back(agent.get());
    serving_ = std::make_unique<operators::testing::ServingAgents>(
        [](base::Loop& loop) -> base::Result<kube::Access> {
          return kube::Access{.server = server().url(),
                              .caPem = server().caPem(),
                              .token = kube::fixedToken(loop, testing::KubeApiServer::kAdminToken)};
        },
        std::move(agents));
  }

  static std::string workflow(const std::string& name, const std::string& source = R"({"inline":"x"})",
                              const std::string& steps = R"([{"name":"s","function":"f"}])") {
    return R"({"apiVersion":"faasbatch.io/v1alpha1","kind":"FunctionWorkflow","metadata":{"name":")" + name +
           R"("},"spec":{"functions":[{"name":"f","handler":"m.f","source":)" + source + R"(}],"steps":)" +
           steps + "}}";
  }
  controllers::Status status(const kube::ObjectKey& key) {
    const auto object = get(kube::kFunctionWorkflows, key);
    return object ? controllers::readStatus(object->json) : controllers::Status{};
  }
  bool becomes(const kube::ObjectKey& key, const std::string& reason,
               base::Duration atMost = 3 * testing::kPatience) {
    const bool became = poll([&] { return status(key).reason == reason; }, atMost);
    if (!became) ADD_FAILURE() << key.describe() << " is " << status(key).reason << logs();
    return became;
  }
  std::string logs() const {
    std::string all;
    for (const Replica& replica : replicas_) all += "\n" + replica.name + ":\n" + replica.process->output();
    return all;
  }

  const std::string host_ = operators::testing::ownAddress();
  testing::TempDir directory_;
  std::list<Replica> replicas_;
  std::vector<std::unique_ptr<operators::testing::FakeAgent>> agents_;
  std::unique_ptr<operators::testing::ServingAgents> serving_;
};

}  // namespace faasbatch::manager
