#include "runtime/supervisor/overrun.h"

#include <gtest/gtest.h>

namespace faasbatch::supervisor {
namespace {

TEST(Overrun, IsTheCallsOwnFaultWhereNobodyElseRunsBesideIt) {
  EXPECT_EQ(judgeOverrun({.call = 1, .ownProcess = true, .living = 9}), Overrun::kTimeout);
  for (const auto& heldUpBy : {std::optional<std::uint32_t>(), std::optional<std::uint32_t>(0),
                               std::optional<std::uint32_t>(1), std::optional<std::uint32_t>(2)})
    EXPECT_EQ(judgeOverrun({.call = 1, .living = 1, .heldUpBy = heldUpBy}), Overrun::kTimeout);
}

TEST(Overrun, AsksOnceWhetherTheWorkerAnswers) {
  OverrunFacts facts{.call = 1, .living = 2};
  EXPECT_EQ(judgeOverrun(facts), Overrun::kAsk);
  facts.answers = true;
  EXPECT_EQ(judgeOverrun(facts), Overrun::kTimeout);
  facts.answers = false;
  EXPECT_EQ(judgeOverrun(facts), Overrun::kHandBackAll);
}

TEST(Overrun, BelievesWhatTheWorkerSaysOfItself) {
  for (const auto& answers : {std::optional<bool>(), std::optional(true), std::optional(false)}) {
    OverrunFacts facts{.call = 1, .living = 2, .heldUpBy = 1, .answers = answers};
    EXPECT_EQ(judgeOverrun(facts), Overrun::kTimeoutOfAll);
    facts.heldUpBy = 2;
    EXPECT_EQ(judgeOverrun(facts), Overrun::kHandBack);
    facts.heldUpBy = 0;
    EXPECT_EQ(judgeOverrun(facts), Overrun::kHandBackAll);
  }
}

}  // namespace
}  // namespace faasbatch::supervisor
