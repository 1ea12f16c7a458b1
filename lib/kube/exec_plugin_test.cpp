#include "lib/kube/exec_plugin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "lib/testing/temp_dir.h"
#include "lib/testing/test_loop.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kVersion = "client.authentication.k8s.io/v1";

std::string printed(const std::string& status, const std::string& version = kVersion) {
  return R"({"apiVersion":")" + version + R"(","kind":"ExecCredential","status":)" + status + "}";
}

TEST(ExecCredential, IsReadFromWhatThePluginPrints) {
  const ExecPlugin plugin{.apiVersion = kVersion, .command = "login"};
  const auto credential =
      parseExecCredential(plugin, printed(R"({"token":"t","expirationTimestamp":"2030-01-01T00:00:00Z"})"));
  ASSERT_TRUE(credential) << credential.error().message;
  EXPECT_EQ(credential->credential.token, "t");
  EXPECT_EQ(credential->expires, base::parseRfc3339("2030-01-01T00:00:00Z"));
  const auto certificate =
      parseExecCredential(plugin, printed(R"({"clientCertificateData":"c","clientKeyData":"k"})"));
  ASSERT_TRUE(certificate);
  EXPECT_EQ(certificate->credential.certificate->keyPem, "k");
  EXPECT_EQ(certificate->expires, std::nullopt);
}

TEST(ExecCredential, IsRefusedWithoutASecretInTheMessage) {
  const ExecPlugin plugin{.apiVersion = kVersion, .command = "login"};
  const std::pair<std::string, const char*> cases[] = {
      {"secret", "no ExecCredential: "},
      {R"({"kind":"Status","secret":1})", "its kind is another one"},
      {printed(R"({"token":"secret"})", "client.authentication.k8s.io/v1beta1"), "its apiVersion is not"},
      {printed(R"({"clientKeyData":"secret"})"), "belong together"},
      {printed("{}"), "neither a token nor a certificate"},
      {printed(R"({"token":"secret","expirationTimestamp":"soon"})"), "is no time"},
  };
  for (const auto& [output, message] : cases) {
    const auto credential = parseExecCredential(plugin, output);
    ASSERT_FALSE(credential) << output;
    EXPECT_EQ(credential.error().kind, "CredentialsUnavailable");
    EXPECT_THAT(credential.error().message, HasSubstr(message));
    EXPECT_THAT(credential.error().message, HasSubstr("\"login\""));
    EXPECT_THAT(credential.error().message, Not(HasSubstr("secret")));
  }
}

TEST(ExecInfo, SaysThatNobodyCanBeAsked) {
  EXPECT_EQ(
      execInfo({.apiVersion = kVersion}),
      R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}})");
  EXPECT_THAT(execInfo({.apiVersion = kVersion, .clusterInfo = R"({"server":"s"})"}),
              HasSubstr(R"("spec":{"cluster":{"server":"s"},"interactive":false})"));
}

class ExecTokenTest : public testing::Test {
 protected:
  // A plugin that counts its runs in a file beside it.
  ExecPlugin plugin(const std::string& script) {
    const std::string path = directory_.file("plugin");
    std::ofstream(path) << "#!/bin/sh\necho run >>" << directory_.file("runs") << "\n" << script << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return {.apiVersion = kVersion, .command = path};
  }
  int runs() {
    std::ifstream file(directory_.file("runs"));
    return static_cast<int>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
  }
  std::string get(TokenSource& source) {
    std::string got;
    source.get([&](base::Result<TokenSource::Credential> credential) {
      got = credential ? credential->token : credential.error().kind + ": " + credential.error().message;
    });
    EXPECT_EQ(got, "");
    EXPECT_TRUE(loop_.runUntil([&] { return !got.empty(); }));
    return got;
  }

  testing::TestLoop loop_;
  testing::TempDir directory_;
};

TEST_F(ExecTokenTest, RunsOnceForAllWhoAskAndKeepsTheToken) {
  auto run =
      plugin(R"(echo "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",)"
             R"(\"status\":{\"token\":\"$1 $NAME\"}}")");
  run.args = {"first"};
  run.env = {{"NAME", "value"}};
  const auto source = execToken(loop_, run);
  int answers = 0;
  for (int i = 0; i < 5; ++i) {
    source->get([&](base::Result<TokenSource::Credential> credential) {
      answers += credential && credential->token == "first value" ? 1 : 100;
    });
  }
  EXPECT_TRUE(loop_.runUntil([&] { return answers >= 5; }));
  EXPECT_EQ(answers, 5);
  EXPECT_EQ(get(*source), "first value");
  EXPECT_EQ(runs(), 1);
  source->invalidate();
  EXPECT_EQ(get(*source), "first value");
  EXPECT_EQ(runs(), 2);
}

TEST_F(ExecTokenTest, RunsAgainWhenTheTokenExpires) {
  const auto source = execToken(
      loop_,
      plugin("echo '" + printed(R"({"token":"t","expirationTimestamp":"2001-01-01T00:00:00Z"})") + "'"));
  EXPECT_EQ(get(*source), "t");
  EXPECT_EQ(get(*source), "t");
  EXPECT_EQ(runs(), 2);
}

TEST_F(ExecTokenTest, SaysWhatThePluginSaidWhenItFails) {
  const auto source = execToken(loop_, plugin("echo token-of-mine; echo 'please log in' >&2; exit 7"));
  const std::string error = get(*source);
  EXPECT_THAT(error, HasSubstr("CredentialsUnavailable: the credential plugin"));
  EXPECT_THAT(error, HasSubstr("ended with exit status 7: please log in"));
  EXPECT_THAT(error, Not(HasSubstr("token-of-mine")));
  EXPECT_THAT(get(*source), HasSubstr("exit status 7"));  // failures are not kept
  EXPECT_EQ(runs(), 2);
}

TEST_F(ExecTokenTest, SaysHowToGetAPluginThatIsMissing) {
  const auto source = execToken(loop_, {.apiVersion = kVersion,
                                        .command = directory_.file("none"),
                                        .installHint = "Install it from example.com"});
  EXPECT_THAT(get(*source),
              HasSubstr("cannot be run: No such file or directory. Install it from example.com"));
}

TEST_F(ExecTokenTest, EndsARunWithItself) {
  auto source = execToken(loop_, plugin("exec sleep 60"));
  source->get([](const base::Result<TokenSource::Credential>&) { FAIL() << "told after its end"; });
  source = nullptr;
  loop_.runReady();
}

}  // namespace
}  // namespace faasbatch::kube
