#include "cli/complete.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using Words = std::vector<std::string>;

Completion completed(const Words& line, int* asked = nullptr) {
  const auto give = [asked](const Words& names) {
    return [asked, names] {
      if (asked != nullptr) ++*asked;
      return names;
    };
  };
  return complete(line, {.workflows = give({"wordcount", "order"}), .invocations = give({"id-1"})});
}

TEST(Complete, BeginsWithTheVerbs) {
  EXPECT_THAT(completed({""}).words, Contains("invoke"));
  EXPECT_THAT(completed({"c"}).words, ElementsAre("cancel", "check", "completion", "convert"));
  EXPECT_THAT(completed({"-n", "prod", "inv"}).words, ElementsAre("invoke"));
  EXPECT_THAT(completed({"--context=x", "inv"}).words, ElementsAre("invoke"));
  EXPECT_THAT(completed({"nosuch", ""}).words, IsEmpty());
}

TEST(Complete, NamesWhatAServerHas) {
  for (const Words& line : {Words{"invoke", "wo"},
                            {"get", "workflow", "wo"},
                            {"delete", "workflow", "wo"},
                            {"graph", "-n", "x", "wo"},
                            {"get", "invocations", "--workflow", "wo"}}) {
    EXPECT_THAT(completed(line).words, ElementsAre("wordcount")) << line.front();
  }
  for (const Words& line :
       {Words{"logs", ""}, {"timeline", "i"}, {"cancel", ""}, {"get", "invocation", ""}, {"graph", "id"}}) {
    EXPECT_THAT(completed(line).words, ElementsAre("id-1")) << line.front();
  }
  int asked = 0;
  completed({"get", ""}, &asked);
  completed({"invoke", "-"}, &asked);
  completed({"invoke", "wordcount", ""}, &asked);
  EXPECT_EQ(asked, 0);
}

TEST(Complete, KnowsOptionsAndTheirValues) {
  EXPECT_THAT(completed({"get", "--st"}).words, ElementsAre("--status"));
  EXPECT_THAT(completed({"get", "invocations", "--status", "S"}).words, ElementsAre("Succeeded"));
  EXPECT_THAT(completed({"get", "workflows", "-o", ""}).words,
              ElementsAre("json", "name", "table", "wide", "yaml"));
  EXPECT_THAT(completed({"get", "workflows", "--a"}).words, ElementsAre("--all-namespaces"));
  EXPECT_THAT(completed({"get", "-A", "work"}).words, ElementsAre("workflow", "workflows"));
  EXPECT_THAT(completed({"--o"}).words, ElementsAre("--output"));
  EXPECT_THAT(completed({"invoke", "--"}).words, Not(Contains("--status")));
  EXPECT_THAT(completed({"help", "inv"}).words, ElementsAre("invoke"));
  EXPECT_THAT(completed({"completion", ""}).words, ElementsAre("bash", "fish", "zsh"));
  for (const Words& line : {Words{"apply", ""},
                            {"apply", "-f", ""},
                            {"validate", "x", ""},
                            {"get", "--kubeconfig", ""},
                            {"get", "--certificate-authority", ""},
                            {"invoke", "w", "-d", "@"}}) {
    EXPECT_EQ(completed(line), (Completion{.words = {}, .files = true})) << line.front();
  }
}

TEST(Complete, KnowsWhereToAsk) {
  EXPECT_THAT(targetOptions({"-n", "a", "invoke", "--context=c", "--kubeconfig", "/k", "--async", ""}),
              ElementsAre("--namespace=a", "--context=c", "--kubeconfig=/k"));
  EXPECT_THAT(targetOptions({"-s", "https://gw", "--insecure-skip-tls-verify", "--token-file=t", "logs", ""}),
              ElementsAre("--server=https://gw", "--insecure-skip-tls-verify", "--token-file=t"));
  EXPECT_THAT(targetOptions({"invoke", "--context", "half"}), IsEmpty());
  EXPECT_THAT(targetOptions({}), IsEmpty());
}

}  // namespace
}  // namespace faasbatch::cli
