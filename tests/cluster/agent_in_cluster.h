// An agent of one node, as a program, with an API server, scripted or real, and a pretended kubelet.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/base64.h"
#include "lib/json/path.h"
#include "lib/json/write.h"
#include "lib/net/client.h"
#include "lib/net/test_certificates.h"
#include "lib/testing/eventually.h"
#include "lib/testing/free_port.h"
#include "lib/testing/scripted_api_server.h"
#include "lib/testing/temp_dir.h"
#include "tests/cluster/fake_kubelet.h"

namespace faasbatch::testing {

inline constexpr const char* kNode = "n1";
inline constexpr const char* kPeerSecret = "secret-of-the-peers";

inline kube::Access accessTo(ScriptedApiServer& api, base::Loop&) { return {.server = api.url()}; }
// Its token is in the file `token` there, which a test may replace.
inline std::string kubeconfigOf(ScriptedApiServer& api, const TempDir& dir) {
  if (!std::filesystem::exists(dir.file("token"))) std::ofstream(dir.file("token")) << "t";
  std::ofstream(dir.file("kubeconfig"))
      << "current-context: c\nclusters: [{name: c, cluster: {server: '" << api.url()
      << "'}}]\nusers: [{name: u, user: {tokenFile: token}}]\ncontexts: [{name: c, context: {cluster: c, "
         "user: "
         "u}}]\n";
  return dir.file("kubeconfig");
}

template <class Api>
class AgentOn : public ::testing::Test {
 protected:
  AgentOn() {
    ::setenv("no_proxy", "*", 1);
    std::ofstream(dir_.file("secret")) << kPeerSecret << "\n";
  }

  // What of the cluster is there before the agent.
  void prepare() {
    api_.add("/api/v1/nodes", R"({"kind":"Node","metadata":{"name":"n1"}})");
    addTlsSecret(authority_.server("faasbatch-gateway"));
    kubelet_ =
        std::make_unique<FakeKubelet>([this](base::Loop& loop) { return accessTo(api_, loop); }, kNode);
  }

  void addTlsSecret(const crypto::KeyPair& pair) {
    std::string secret = R"({"kind":"Secret","metadata":{"name":"faasbatch-tls"},"data":{"tls.crt":")";
    base::appendBase64(secret, pair.certificatePem);
    secret += R"(","tls.key":")";
    base::appendBase64(secret, pair.keyPem);
    secret += R"(","ca.crt":")";
    base::appendBase64(secret, authority_.pem());
    api_.add("/api/v1/namespaces/system/secrets", secret + "\"}}");
  }

  // `flags` are added to those of every test.
  void start(std::vector<std::string> flags = {"--open-gateway", "--plain-gateway"}) {
    flags_ = std::move(flags);
    prepare();
    run();
  }
  void run() {
    for (int i = 0; i < kPortTries; ++i) {
      if (startOnce()) return;
    }
    FAIL() << "the agent does not get ready: " << agent_->output();
  }
  // As a replaced agent pod: the same data, other ports.
  void restart() {
    agent_.reset();
    run();
  }

  bool startOnce() {
    gateway_ = freePort();
    peers_ = freePort();
    health_ = freePort();
    const auto at = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
    std::vector<std::string> command{std::string(FAASBATCH_BIN_DIR) + "/faasbatch-agent",
                                     "--kubernetes",
                                     "--kubeconfig=" + kubeconfigOf(api_, dir_),
                                     "--node=" + std::string(kNode),
                                     "--namespace=system",
                                     "--address=127.0.0.1",
                                     "--listen=" + at(gateway_),
                                     "--peer-listen=" + at(peers_),
                                     "--store-listen=" + at(freePort()),
                                     "--health-listen=" + at(health_),
                                     "--peer-secret-file=" + dir_.file("secret"),
                                     "--data=" + dir_.file("data"),
                                     "--pod-port=" + std::to_string(podPort_)};
    command.insert(command.end(), flags_.begin(), flags_.end());
    agent_ = std::make_unique<ChildProcess>(std::move(command));
    return agent_->waitFor([this] { return get(health_, "/readyz").status == 200; });
  }

  // A workflow of this node, valid and placed, as the operator leaves it. `steps`: names of the root list.
  void apply(const std::string& name, const std::string& spec, const std::vector<std::string>& steps,
             const std::string& nameSpace = "shop") {
    const std::string path = workflowsPath(nameSpace);
    if (api_.get(path + "/" + name).empty()) {
      api_.add(path,
               R"({"apiVersion":"faasbatch.io/v1alpha1","kind":"FunctionWorkflow","metadata":{"name":")" +
                   name + R"("},"spec":)" + spec + "}");
    } else {
      api_.merge(path + "/" + name, R"({"spec":)" + spec + "}");
    }
    const std::string object = api_.get(path + "/" + name);
    const std::string generation(json::at(object, {"metadata", "generation"}).value_or("1"));
    std::string placement;
    for (const std::string& step : steps) {
      placement += (placement.empty() ? "" : ",") + (R"({"step":")" + step) +
                   R"(","group":0,"node":"n1","store":"Node"})";
    }
    api_.merge(path + "/" + name + "/status", R"({"status":{"placementGeneration":)" + generation +
                                                  R"(,"placement":[)" + placement +
                                                  R"(],"replicas":[{"nodes":["n1"]}]}})");
  }
  static std::string workflowsPath(const std::string& nameSpace) {
    return "/apis/faasbatch.io/v1alpha1/namespaces/" + nameSpace + "/functionworkflows";
  }
  // A workflow of one Python function with this code (a function `handler`), and one step that runs it.
  void applyPython(const std::string& name, const std::string& code, const std::string& more = "") {
    apply(name,
          R"({"functions":[{"name":"f","runtime":"Python","handler":"f.handler","source":{"inline":)" +
              json::quoted(code) + "}" + more +
              R"(}],"steps":[{"name":"s","function":"f","input":"${input}"}],"output":"${steps.s.output}"})",
          {"s"});
  }

  net::Response send(std::uint16_t port, net::Request request,
                     std::shared_ptr<net::TlsClientContext> tls = nullptr) {
    net::ClientOptions options;
    options.tls = std::move(tls);
    const auto client = net::Client::make(*loop_, {.host = "127.0.0.1", .port = port}, std::move(options));
    std::optional<base::Result<net::Response>> seen;
    client->call(std::move(request), loop_->now() + kPatience,
                 [&](base::Result<net::Response> answer) { seen = std::move(answer); });
    runUntil(*loop_, [&] { return seen.has_value(); }, kPatience * 2);
    if (seen && *seen) return std::move(**seen);
    return {.status = 0, .headers = {}, .body = seen ? seen->error().message : "no answer"};
  }
  net::Response get(std::uint16_t port, const std::string& target) {
    return send(port, {.method = "GET", .target = target, .headers = {}, .body = {}});
  }
  net::Response call(const std::string& workflow, const std::string& input = "{}") {
    return send(gateway_, {.method = "POST",
                           .target = "/v1/namespaces/shop/workflows/" + workflow + "/invocations",
                           .headers = {},
                           .body = input});
  }
  std::shared_ptr<net::TlsClientContext> trusting(const crypto::KeyPair& shown = {}) {
    return net::TlsClientContext::make({.caPem = authority_.pem(),
                                        .serverName = "faasbatch-gateway",
                                        .certificatePem = shown.certificatePem,
                                        .keyPem = shown.keyPem})
        .value();
  }

  TempDir dir_;
  net::TestAuthority authority_;
  Api api_;
  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  std::unique_ptr<FakeKubelet> kubelet_;
  std::vector<std::string> flags_;
  std::uint16_t podPort_ = freePort();
  std::uint16_t gateway_ = 0;
  std::uint16_t peers_ = 0;
  std::uint16_t health_ = 0;
  std::unique_ptr<ChildProcess> agent_;
};

using AgentInCluster = AgentOn<ScriptedApiServer>;

}  // namespace faasbatch::testing
