#include "lib/kube/token_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "lib/base/fake_loop.h"
#include "lib/testing/temp_dir.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class TokenSourceTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory_.file(name), std::ios::binary) << text;
  }

  // What it gives now; never from inside the call.
  std::string get(TokenSource& source) {
    std::string got = "nothing";
    source.get([&](base::Result<TokenSource::Credential> credential) {
      got = credential ? credential->token : credential.error().kind + ": " + credential.error().message;
    });
    EXPECT_EQ(got, "nothing");
    loop_.runReady();
    return got;
  }

  base::FakeLoop loop_;
  testing::TempDir directory_;
};

TEST_F(TokenSourceTest, AFixedOneStaysTheSame) {
  const auto source = fixedToken(loop_, "secret");
  EXPECT_EQ(get(*source), "secret");
  source->invalidate();
  EXPECT_EQ(get(*source), "secret");
}

TEST_F(TokenSourceTest, AFileIsReadAgainWhenItIsAMinuteOldOrRefused) {
  write("token", " one\n");
  const auto source = fileToken(loop_, directory_.file("token"));
  EXPECT_EQ(get(*source), "one");
  write("token", "two\n");
  loop_.advance(59s);
  EXPECT_EQ(get(*source), "one");
  loop_.advance(1s);
  EXPECT_EQ(get(*source), "two");
  write("token", "three");
  source->invalidate();
  EXPECT_EQ(get(*source), "three");
}

TEST_F(TokenSourceTest, AFileThatGoesAwayLeavesTheLastToken) {
  const auto source = fileToken(loop_, directory_.file("token"));
  EXPECT_THAT(get(*source),
              HasSubstr("CredentialsUnavailable: cannot read " + directory_.file("token") + ": No such"));
  write("token", "one");
  EXPECT_EQ(get(*source), "one");
  write("token", "\n");
  loop_.advance(2min);
  EXPECT_EQ(get(*source), "one");
  write("token", "two");
  EXPECT_EQ(get(*source), "two");
}

TEST_F(TokenSourceTest, FilesAreBounded) {
  write("token", std::string(kMaxTokenBytes + 1, 'x'));
  EXPECT_THAT(get(*fileToken(loop_, directory_.file("token"))), HasSubstr("larger than"));
  write("empty", "");
  EXPECT_THAT(get(*fileToken(loop_, directory_.file("empty"))), HasSubstr("it is empty"));
}

TEST_F(TokenSourceTest, AServiceAccountIsThatOfAPod) {
  const InClusterOptions options{.directory = directory_.path(), .host = "10.96.0.1", .port = "443"};
  const auto missing = [&] {
    const auto access = inClusterAccess(loop_, options);
    return access ? "" : access.error().kind + ": " + access.error().message;
  };
  EXPECT_THAT(missing(), HasSubstr("NotInCluster: there is no service account of a pod: cannot read"));
  write("ca.crt", "-----BEGIN CERTIFICATE-----\n");
  EXPECT_THAT(missing(), HasSubstr("/namespace: No such file"));
  write("namespace", "faasbatch");
  EXPECT_THAT(missing(), HasSubstr("/token: No such file"));
  write("token", "one");
  auto access = inClusterAccess(loop_, options);
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->server, "https://10.96.0.1:443");
  EXPECT_EQ(access->nameSpace, "faasbatch");
  EXPECT_EQ(access->caPem, "-----BEGIN CERTIFICATE-----\n");
  EXPECT_EQ(get(*access->token), "one");

  InClusterOptions v6 = options;
  v6.host = "fd00::1";
  EXPECT_EQ(inClusterAccess(loop_, v6)->server, "https://[fd00::1]:443");
}

}  // namespace
}  // namespace faasbatch::kube
