// What the tests of kubectl-faasbatch at a real API server share: one server for all of them, with the
// project's definition in it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <string>
#include <utility>
#include <vector>

#include "lib/json/write.h"
#include "lib/testing/child_process.h"
#include "lib/testing/eventually.h"
#include "lib/testing/kube_api_server.h"

namespace faasbatch::cli {

inline constexpr const char* kProgram = FAASBATCH_BIN_DIR "/kubectl-faasbatch";

struct Ran {
  int code = -1;
  std::string output;  // and errors
};

class RealCluster : public ::testing::Test {
 protected:
  static testing::KubeApiServer& server() {
    static testing::KubeApiServer server;
    return server;
  }

  void SetUp() override {
    if (!server().missing().empty()) GTEST_SKIP() << server().missing();
    ASSERT_EQ(server().broken(), "");
    static const bool once = install();
    ASSERT_TRUE(once);
  }

  // As an administrator, by the project's own program.
  static bool install() {
    for (int i = 0; i < 100; ++i) {  // until the definition is served
      const Ran made =
          raw({"create", "-f", FAASBATCH_SOURCE_DIR "/crds/faasbatch.io_functionworkflows.yaml"});
      if (made.code == 0 || made.output.find("AlreadyExists") != std::string::npos) break;
    }
    raw({"create", "namespace", "faasbatch-system"});
    return testing::eventually([] { return raw({"get", "functionworkflows"}).code == 0; });
  }
  // The real kubectl, for what a cluster's administrator does.
  static Ran raw(std::vector<std::string> words) {
    static const std::string config =
        server().kubeconfig("token: " + std::string(testing::KubeApiServer::kAdminToken));
    words.insert(words.begin(), {programs() + "/kubectl", "--kubeconfig=" + config});
    return run(std::move(words), {});
  }
  static std::string programs() {
    const char* const directory = ::getenv("CLUSTER_DIR");
    return std::string(directory != nullptr ? directory : "/var/tmp/faasbatch-cluster") + "/bin";
  }
  static Ran run(std::vector<std::string> words, std::vector<std::string> environment) {
    testing::ChildProcess child(std::move(words), {.environment = std::move(environment), .directory = {}});
    const auto status = child.wait(std::chrono::seconds(60));
    return {status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1, child.output()};
  }
  // kubectl faasbatch WORDS as the user of a kubeconfig.
  Ran faasbatch(std::vector<std::string> words) {
    words.insert(words.begin(), kProgram);
    return run(std::move(words), {"KUBECONFIG=" + kubeconfig_, "no_proxy=*"});
  }
  static std::string file(const std::string& name, const std::string& text) {
    return server().file(name, text);
  }

  // The objects that lead to a gateway.
  void serve(const std::string& port, const std::string& ca) {
    raw({"delete", "service,configmap", "--namespace=faasbatch-system", "--all"});
    const std::string path = file(
        "gateway.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: faasbatch-gateway, namespace: faasbatch-system, "
        "labels: "
        "{app.kubernetes.io/name: faasbatch, app.kubernetes.io/component: gateway}}\nspec: {ports: [{name: " +
            port +
            ", port: 443}]}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: faasbatch-ca, namespace: "
            "faasbatch-system}\ndata: {ca.crt: " +
            json::quoted(ca) + "}\n");
    const Ran made = raw({"apply", "-f", path});
    ASSERT_EQ(made.code, 0) << made.output;
  }
  void be(const std::string& user) { kubeconfig_ = server().kubeconfig(user); }
  void beAdmin() { be("token: " + std::string(testing::KubeApiServer::kAdminToken)); }

  std::string kubeconfig_;
};

}  // namespace faasbatch::cli
