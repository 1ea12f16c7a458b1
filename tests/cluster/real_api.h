// A real API server with what testing::ScriptedApiServer offers for objects, so that a test may have either.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lib/kube/token_source.h"
#include "lib/net/curl_client.h"
#include "lib/net/loop_thread.h"
#include "lib/testing/eventually.h"
#include "lib/testing/kube_api_server.h"
#include "lib/tree/yaml.h"

namespace faasbatch::testing {

// Everything as the admin. Namespaces are made where they are missing. Where the programs are missing, see
// server().missing(), nothing may be called.
class RealApi {
 public:
  RealApi() {
    if (!server_.missing().empty() || !server_.broken().empty()) return;
    const net::CurlOptions options{.tls = {.caPem = server_.caPem()}};
    thread_.on([&] { client_ = net::CurlClient::make(thread_.loop(), server_.url(), options).value(); });
    addWorkflows();
  }
  ~RealApi() {
    thread_.on([this] { client_ = nullptr; });
  }

  KubeApiServer& server() { return server_; }

  std::string add(const std::string& path, const std::string& json) {
    const std::size_t begin = path.find("/namespaces/");
    if (begin != path.npos) {
      const std::string name = path.substr(begin + 12, path.find('/', begin + 12) - begin - 12);
      send("POST", "/api/v1/namespaces", R"({"metadata":{"name":")" + name + "\"}}");
    }
    return must(send("POST", path, json));
  }
  std::string merge(const std::string& path, const std::string& patch) {
    return must(send("PATCH", path, patch, "application/merge-patch+json"));
  }
  void remove(const std::string& path) { must(send("DELETE", path, "")); }
  std::string get(const std::string& path) {
    net::Response answer = send("GET", path, "");
    return answer.status == 200 ? std::move(answer.body) : "";
  }
  net::Response send(const std::string& method, const std::string& path, const std::string& body,
                     const std::string& type = "application/json") {
    std::promise<net::Response> promise;
    thread_.on([&] {
      net::Request request{.method = method, .target = path, .headers = {}, .body = body};
      request.headers.add("Content-Type", type);
      request.headers.add("Authorization", std::string("Bearer ") + KubeApiServer::kAdminToken);
      client_->call(std::move(request), thread_.loop().now() + kPatience,
                    [&](base::Result<net::Response> answer) {
                      promise.set_value(
                          answer ? std::move(*answer)
                                 : net::Response{.status = 0, .headers = {}, .body = answer.error().message});
                    });
    });
    return promise.get_future().get();
  }

 private:
  void addWorkflows() {
    std::ifstream file(FAASBATCH_SOURCE_DIR "/crds/faasbatch.io_functionworkflows.yaml");
    const std::string yaml(std::istreambuf_iterator<char>(file), {});
    must(send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
              tree::yamlToJson(yaml, tree::kMaxYamlNodes).value()));
    EXPECT_TRUE(eventually([&] { return !get("/apis/faasbatch.io/v1alpha1/functionworkflows").empty(); }));
  }
  static std::string must(net::Response answer) {
    EXPECT_GE(answer.status, 200) << answer.body;
    EXPECT_LT(answer.status, 300) << answer.body;
    return std::move(answer.body);
  }

  KubeApiServer server_;
  net::LoopThread thread_;
  std::unique_ptr<net::CurlClient> client_;
};

// How kubelet and agent reach one and the other.
inline kube::Access accessTo(RealApi& api, base::Loop& loop) {
  return {.server = api.server().url(),
          .caPem = api.server().caPem(),
          .token = kube::fixedToken(loop, KubeApiServer::kAdminToken)};
}
inline std::string kubeconfigOf(RealApi& api, const TempDir& /*dir*/) {
  return api.server().kubeconfig(std::string("token: ") + KubeApiServer::kAdminToken);
}

}  // namespace faasbatch::testing
