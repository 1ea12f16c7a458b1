#include "operator/manager/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

namespace faasbatch::manager {
namespace {

base::Result<Options> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "faasbatch-operator");
  return parseOptions(static_cast<int>(arguments.size()), arguments.data());
}

TEST(OperatorOptions, HaveDefaultsThatTheChartNeedNotGive) {
  ::unsetenv("POD_NAME");
  ::unsetenv("POD_NAMESPACE");
  const auto options = parse({"--peer-secret-file=/s"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->webhookListen, ":9443");
  EXPECT_EQ(options->healthListen, ":9090");
  EXPECT_EQ(options->adminListen, ":8081");
  EXPECT_EQ(parse({"--peer-secret-file=/s", "--admin-listen=none"})->adminListen, "");
  EXPECT_EQ(options->nameSpace, "faasbatch-system");
  EXPECT_FALSE(options->identity.empty());
}

TEST(OperatorOptions, TakeThePodFromTheEnvironment) {
  ::setenv("POD_NAME", "operator-1", 1);
  ::setenv("POD_NAMESPACE", "system", 1);
  const auto options = parse({"--peer-secret-file", "/s", "--gateway-dns-name=a.example",
                              "--gateway-dns-name=b.example", "--drain-seconds=0.5"});
  ::unsetenv("POD_NAME");
  ::unsetenv("POD_NAMESPACE");
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->identity, "operator-1");
  EXPECT_EQ(options->nameSpace, "system");
  EXPECT_THAT(options->gatewayDnsNames, ::testing::ElementsAre("a.example", "b.example"));
  EXPECT_EQ(options->drainTime, std::chrono::milliseconds(500));
}

TEST(OperatorOptions, CleanUpNeedsNoSecret) {
  const auto options = parse({"cleanup", "--namespace=system", "--timeout-seconds=7"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->command, Options::Command::kCleanup);
  EXPECT_EQ(options->nameSpace, "system");
  EXPECT_EQ(options->cleanupTime, std::chrono::seconds(7));
}

TEST(OperatorOptions, SayWhatIsWrong) {
  EXPECT_THAT(parse({}).error().message, ::testing::HasSubstr("--peer-secret-file"));
  EXPECT_EQ(parse({"--peer-secret-file=/s", "--nonsense"}).error().kind, "Usage");
  EXPECT_EQ(parse({"--peer-secret-file=/s", "--drain-seconds=-1"}).error().kind, "Usage");
  EXPECT_EQ(parse({"--help"}).error().kind, "Help");
}

}  // namespace
}  // namespace faasbatch::manager
