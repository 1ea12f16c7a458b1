#include "node-agent/agent/options.h"

#include <gtest/gtest.h>

#include "node-agent/runs/runs.h"

namespace faasbatch::agent {
namespace {

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

TEST(Options, NameWhatIsWrong) {
  EXPECT_EQ(parse({"--nosuch"}).error().kind, "Usage");
  EXPECT_EQ(parse({"--max-pods", "0"}).error().kind, "Usage");
  EXPECT_EQ(parse({"--max-run-memory", "0"}).error().kind, "Usage");
  EXPECT_EQ(parse({"--help"}).error().kind, "Help");
}

}  // namespace
}  // namespace faasbatch::agent
