#include "cli/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

constexpr const char* kWorkflows =
    R"({"items":[{"metadata":{"name":"a","namespace":"n"},"spec":{"timeout":"15m","steps":[{},{}],)"
    R"("functions":[{"runtime":"Python"},{"runtime":"Native"},{"runtime":"Python"}]}},{"metadata":{"name":"b"}}]})";
constexpr const char* kInvocations =
    R"({"items":[{"id":"i","namespace":"n","workflow":"w","function":null,"status":"Running",)"
    R"("createdAt":"2026-01-02T03:04:05.678Z","finishedAt":null,"error":null},)"
    R"({"id":"j","namespace":"m","workflow":"w","function":"f","status":"Failed",)"
    R"("createdAt":"2026-01-02T03:04:05Z","finishedAt":"2026-01-02T03:04:06.1Z",)"
    R"("error":{"type":"ValueError","message":"one\ntwo","step":"s"}}]})";

TEST(Rows, ShowWorkflows) {
  EXPECT_THAT(*workflowRows(kWorkflows, {}),
              ElementsAre(ElementsAre("NAME", "STEPS", "FUNCTIONS"), ElementsAre("a", "2", "3"),
                          ElementsAre("b", "0", "0")));
  EXPECT_THAT(*workflowRows(kWorkflows, {.allNamespaces = true, .wide = true}),
              ElementsAre(ElementsAre("NAMESPACE", "NAME", "STEPS", "FUNCTIONS", "RUNTIMES", "TIMEOUT"),
                          ElementsAre("n", "a", "2", "3", "Native,Python", "15m"),
                          ElementsAre("", "b", "0", "0", "", "")));
  EXPECT_THAT(*workflowRows(R"({"metadata":{"name":"one"}})", {.name = "one"}),
              ElementsAre(ElementsAre("NAME", "STEPS", "FUNCTIONS"), ElementsAre("one", "0", "0")));
  EXPECT_EQ(*workflowNames(kWorkflows), "functionworkflow.faasbatch.io/a\nfunctionworkflow.faasbatch.io/b\n");
}

TEST(Rows, ShowInvocations) {
  EXPECT_THAT(*invocationRows(kInvocations, {}),
              ElementsAre(ElementsAre("ID", "WORKFLOW", "STATUS", "CREATED", "ERROR"),
                          ElementsAre("i", "w", "Running", "2026-01-02T03:04:05Z", ""),
                          ElementsAre("j", "w/f", "Failed", "2026-01-02T03:04:05Z", "ValueError")));
  EXPECT_THAT(*invocationRows(kInvocations, {.allNamespaces = true, .wide = true}),
              ElementsAre(ElementsAre("NAMESPACE", "ID", "WORKFLOW", "STATUS", "CREATED", "FINISHED", "ERROR",
                                      "STEP", "MESSAGE"),
                          ElementsAre("n", "i", "w", "Running", "2026-01-02T03:04:05Z", "", "", "", ""),
                          ElementsAre("m", "j", "w/f", "Failed", "2026-01-02T03:04:05Z",
                                      "2026-01-02T03:04:06Z", "ValueError", "s", "one")));
  EXPECT_EQ(*invocationNames(kInvocations), "invocation/i\ninvocation/j\n");
}

TEST(Rows, KnowWhereThereIsMore) {
  EXPECT_TRUE(hasMore(R"({"items":[],"continue":"i"})"));
  EXPECT_FALSE(hasMore(kInvocations));
  EXPECT_FALSE(hasMore("["));
}

TEST(Rows, CutLongMessagesBetweenCharacters) {
  const std::string long_ = std::string(kMaxMessageShown - 1, 'x') + "\u00e4\u00e4";
  const auto rows = invocationRows(R"({"items":[{"error":{"message":")" + long_ + R"("}}]})", {.wide = true});
  EXPECT_THAT(rows->at(1).back(), EndsWith("x..."));
}

TEST(Rows, RefuseWhatIsNoList) {
  for (const char* text : {"", "[]", "<html>", R"({"items":1})"}) {
    EXPECT_FALSE(workflowRows(text, {})) << text;
    EXPECT_FALSE(invocationRows(text, {})) << text;
    EXPECT_FALSE(workflowNames(text)) << text;
    EXPECT_FALSE(invocationNames(text)) << text;
  }
}

}  // namespace
}  // namespace faasbatch::cli
