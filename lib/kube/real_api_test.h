// What the tests against a real API server share: one server for all of them.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "lib/kube/api_test.h"
#include "lib/kube/token_source.h"
#include "lib/testing/kube_api_server.h"
#include "lib/tree/yaml.h"

namespace faasbatch::kube {

class RealApiTest : public ClientOnLoopTest {
 protected:
  static testing::KubeApiServer& server() {
    static testing::KubeApiServer server;
    return server;
  }

  void SetUp() override {
    if (!server().missing().empty()) GTEST_SKIP() << server().missing();
    ASSERT_EQ(server().broken(), "");
    connect();
  }
  ~RealApiTest() override { client_ = nullptr; }

  // As the admin, unless another token is given.
  void connect(const ClientOptions& options = {},
               const std::string& token = testing::KubeApiServer::kAdminToken) {
    Access access{.server = server().url(), .caPem = server().caPem(), .token = fixedToken(*loop_, token)};
    client_ = Client::make(*loop_, std::move(access), options).value();
  }

  // A namespace of this test's own.
  std::string makeNamespace() {
    const auto made = create(kNamespaces, "", R"({"metadata":{"generateName":"test-"}})");
    EXPECT_TRUE(made) << made.error().message;
    return made->key.name;
  }

  // The project's own kind, once for all tests.
  void needWorkflows() {
    std::ifstream file(FAASBATCH_SOURCE_DIR "/crds/faasbatch.io_functionworkflows.yaml");
    const std::string yaml(std::istreambuf_iterator<char>(file), {});
    const auto made =
        create(kCustomResourceDefinitions, "", tree::yamlToJson(yaml, tree::kMaxYamlNodes).value());
    ASSERT_TRUE(made || made.error().reason == "AlreadyExists") << made.error().message;
    const base::Instant end = loop_->now() + testing::kPatience;
    while (!list(kFunctionWorkflows, {})) {
      ASSERT_LT(loop_->now(), end) << "the kind is not served";
      pass(std::chrono::milliseconds(50));
    }
  }

  static std::string configMap(const std::string& name, const std::string& value = "1") {
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name +
           R"("},"data":{"value":")" + value + "\"}}";
  }
};

}  // namespace faasbatch::kube
