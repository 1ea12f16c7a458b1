#include "node-agent/agent/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "node-agent/runs/runs.h"

namespace faasbatch::agent {
namespace {

using ::testing::HasSubstr;

base::Result<Options> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "faasbatch-agent");
  return parseOptions(static_cast<int>(words.size()), words.data());
}

TEST(Options, HaveDefaultsThatKeepToThisMachine) {
  const auto options = parse({});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->listen, "127.0.0.1:8080");
  EXPECT_TRUE(options->data.empty());
  EXPECT_TRUE(options->genericPods);
  EXPECT_EQ(options->maxRunMemoryMib << 20, runs::kMaxActiveBytes);
}

TEST(Options, PeersNeedASecretAndNoCluster) {
  const auto peers = parse({"--node", "a", "--peer", "b=127.0.0.1:1", "--peer", "c=127.0.0.1:2",
                            "--placement", "p", "--peer-listen", "127.0.0.1:3", "--peer-secret-file", "s"});
  ASSERT_TRUE(peers) << peers.error().message;
  EXPECT_EQ(peers->peers, (std::vector<std::string>{"b=127.0.0.1:1", "c=127.0.0.1:2"}));
  EXPECT_EQ(peers->placementFile, "p");
  EXPECT_EQ(parse({"--peer", "b=127.0.0.1:1"}).error().kind, "Usage");
  EXPECT_EQ(parse({"--placement", "p"}).error().kind, "Usage");
}

TEST(Options, TakeEverythingDevDocuments) {
  const auto options = parse({"--listen", ":1", "--data", "d", "--workflow", "a", "--workflow", "b",
                              "--redis", "redis://x", "--couchdb", "http://y/z", "--python", "p",
                              "--no-generic-pods", "--drain-seconds", "0.5", "--max-run-memory", "64"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->workflows, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(options->redis, "redis://x");
  EXPECT_FALSE(options->genericPods);
  EXPECT_EQ(options->drainTime, std::chrono::milliseconds(500));
  EXPECT_EQ(options->maxRunMemoryMib, 64);
}

TEST(Options, TakeWhatTheChartGives) {
  ::setenv("NODE_NAME", "worker-1", 1);
  ::setenv("POD_NAMESPACE", "faasbatch", 1);
  ::setenv("POD_IP", "10.0.0.7", 1);
  const auto options = parse({"--kubernetes",
                              "--listen=:8443",
                              "--peer-listen=:9443",
                              "--store-listen=:9444",
                              "--health-listen=:9090",
                              "--data=/var/lib/faasbatch",
                              "--peer-secret-file=/etc/faasbatch/peers/secret",
                              "--max-pods=64",
                              "--drain-seconds=25",
                              "--python-image=faasbatch/runtime-python:0.1.0",
                              "--native-image=faasbatch/runtime-native:0.1.0",
                              "--pull-policy=IfNotPresent",
                              "--pod-defaults=/etc/faasbatch/agent/pods.yaml",
                              "--redis=redis+unix:///run/redis/redis.sock",
                              "--couchdb-file=/etc/faasbatch/couchdb/url",
                              "--open-gateway",
                              "--plain-gateway",
                              "--gateway-tls-secret=mine",
                              "--no-generic-pods",
                              "--verbose"});
  const auto alone = parse({});
  ::unsetenv("NODE_NAME");
  ::unsetenv("POD_NAMESPACE");
  ::unsetenv("POD_IP");
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->node, "worker-1");
  EXPECT_EQ(options->podStartTime, std::chrono::seconds(120));
  const ClusterOptions& cluster = options->cluster;
  EXPECT_TRUE(cluster.enabled && cluster.openGateway && cluster.plainGateway);
  EXPECT_EQ(cluster.nameSpace, "faasbatch");
  EXPECT_EQ(cluster.address, "10.0.0.7");
  EXPECT_EQ(cluster.gatewayTlsSecret, "mine");
  EXPECT_EQ(cluster.pullPolicy, "IfNotPresent");
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->node, "local") << "others set NODE_NAME too";
  EXPECT_EQ(alone->podStartTime, std::chrono::seconds(30));
}

TEST(Options, SayWhatAClusterNeeds) {
  const auto message = [](std::vector<const char*> words) { return parse(std::move(words)).error().message; };
  EXPECT_THAT(message({"--kubernetes"}), HasSubstr("--peer-secret-file"));
  EXPECT_THAT(message({"--kubernetes", "--peer-secret-file=f"}), HasSubstr("POD_NAMESPACE"));
  EXPECT_THAT(message({"--kubernetes", "--peer-secret-file=f", "--namespace=n"}), HasSubstr("POD_IP"));
  EXPECT_THAT(
      message({"--kubernetes", "--peer-secret-file=f", "--namespace=n", "--address=a", "--workflow=w"}),
      HasSubstr("kubectl apply"));
  EXPECT_THAT(message({"--pull-policy=Sometimes"}), HasSubstr("--pull-policy"));
}

TEST(Options, NameWhatIsWrong) {
  EXPECT_EQ(parse({"--nosuch"}).error().kind, "Usage");
  EXPECT_EQ(parse({"--max-pods", "0"}).error().kind, "Usage");
  EXPECT_EQ(parse({"--max-run-memory", "0"}).error().kind, "Usage");
  EXPECT_EQ(parse({"--help"}).error().kind, "Help");
}

TEST(Options, ASnapshotIsOfARedisInACluster) {
  const auto options = parse({"--redis", "redis://127.0.0.1", "--redis-snapshot", "/d/dump.rdb"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().kind, "Usage");
  EXPECT_THAT(options.error().message, HasSubstr("--redis-snapshot"));
}

}  // namespace
}  // namespace faasbatch::agent
