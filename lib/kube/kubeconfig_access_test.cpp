#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "lib/kube/access.h"
#include "lib/testing/temp_dir.h"
#include "lib/testing/test_loop.h"

namespace faasbatch::kube {
namespace {

using testing::HasSubstr;
using testing::Not;

class KubeconfigAccessTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(directory_.file(name), std::ios::binary) << text;
    return directory_.file(name);
  }
  std::string config(const std::string& cluster, const std::string& user, const std::string& context = "") {
    return write("config", "current-context: c\nclusters: [{name: c, cluster: {server: 'https://h', " +
                               cluster + "}}]\nusers: [{name: u, user: {" + user +
                               "}}]\ncontexts: [{name: c, context: {cluster: c, user: u, " + context +
                               "}}]\n");
  }
  std::string fault(const KubeconfigOptions& options) {
    const auto access = kubeconfigAccess(loop_, options);
    return access ? "none" : access.error().kind + ": " + access.error().message;
  }
  std::string token(const Access& access) {
    std::string got;
    access.token->get([&](base::Result<TokenSource::Credential> credential) {
      got = credential ? credential->token : credential.error().message;
    });
    EXPECT_TRUE(loop_.runUntil([&] { return !got.empty(); }));
    return got;
  }

  testing::TestLoop loop_;
  testing::TempDir directory_;
};

TEST_F(KubeconfigAccessTest, ReadsTheFilesItNames) {
  write("ca.pem", "CA\n");
  write("cert.pem", "CERT\n");
  write("key.pem", "KEY\n");
  write("token", "T1");
  const auto access = kubeconfigAccess(
      loop_,
      {.path = config("certificate-authority: ca.pem, tls-server-name: api",
                      "client-certificate: cert.pem, client-key: key.pem, tokenFile: token, token: other")});
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->caPem, "CA\n");
  EXPECT_EQ(access->tlsServerName, "api");
  EXPECT_EQ(access->certificate->certificatePem, "CERT\n");
  EXPECT_EQ(access->certificate->keyPem, "KEY\n");
  EXPECT_EQ(access->context, "c");
  EXPECT_EQ(access->nameSpace, "default");
  EXPECT_EQ(token(*access), "T1");
}

TEST_F(KubeconfigAccessTest, LetsTheCallerChooseTheNamespace) {
  const std::string path = config("", "token: t", "namespace: mine");
  EXPECT_EQ(kubeconfigAccess(loop_, {.path = path})->nameSpace, "mine");
  EXPECT_EQ(kubeconfigAccess(loop_, {.path = path, .nameSpace = "yours"})->nameSpace, "yours");
}

TEST_F(KubeconfigAccessTest, LooksWhereKubectlLooks) {
  const std::string first =
      write("first", "current-context: d\ncontexts: [{name: d, context: {cluster: c, user: u}}]\n");
  const std::string second = config("", "token: t");
  ::setenv("KUBECONFIG", (directory_.file("none") + ":" + first + "::" + second).c_str(), 1);
  const auto access = kubeconfigAccess(loop_, {});
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->context, "d");
  EXPECT_EQ(token(*access), "t");

  ::setenv("KUBECONFIG", directory_.file("none").c_str(), 1);
  EXPECT_THAT(fault({}),
              HasSubstr("KubeconfigNotFound: there is no kubeconfig at " + directory_.file("none")));

  ::unsetenv("KUBECONFIG");
  ::setenv("HOME", directory_.path().c_str(), 1);
  EXPECT_THAT(fault({}), HasSubstr("/.kube/config"));
  std::filesystem::create_directory(directory_.file(".kube"));
  std::filesystem::copy(second, directory_.file(".kube/config"));
  EXPECT_EQ(fault({}), "none");
}

TEST_F(KubeconfigAccessTest, NamesTheFileThatCannotBeRead) {
  const std::string user = "client-certificate: none.pem, client-key: none.pem";
  EXPECT_THAT(fault({.path = config("", user)}),
              HasSubstr("config: user \"u\": cannot read " + directory_.file("none.pem") + ": No such file"));
  EXPECT_THAT(fault({.path = config("certificate-authority: gone.pem", "")}),
              HasSubstr("context c: cannot read " + directory_.file("gone.pem")));
  EXPECT_THAT(fault({.path = write("large", std::string(kMaxKubeconfigBytes + 1, ' '))}),
              HasSubstr("is larger than"));
  EXPECT_THAT(fault({.path = directory_.path()}), HasSubstr("InvalidKubeconfig"));
}

TEST_F(KubeconfigAccessTest, TellsAPluginOfTheCluster) {
  write("ca.pem", "CA");
  const auto access = kubeconfigAccess(
      loop_, {.path = config(
                  "certificate-authority: ca.pem, tls-server-name: api",
                  "exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, provideClusterInfo: true,"
                  " args: [-c, 'printf %s \"$KUBERNETES_EXEC_INFO\" >&2; exit 1']}")});
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_THAT(token(*access), HasSubstr(R"("spec":{"cluster":{"server":"https://h","tls-server-name":"api",)"
                                        R"("certificate-authority-data":"Q0EK"},"interactive":false})"));
}

}  // namespace
}  // namespace faasbatch::kube
