#include "node-agent/runs/waiting_steps.h"

#include <gmock/gmock.h>

#include <vector>

namespace faasbatch::runs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WaitingStepsTest : public ::testing::Test {
 protected:
  void add(engine::StepId step, bool call) {
    waiting.add({.step = step, .needs = {}}, call, {static_cast<std::int64_t>(step)});
  }
  // Takes what may go; each call takes of `room`.
  std::vector<engine::StepId> takeAll() {
    std::vector<engine::StepId> taken;
    while (auto step = waiting.next([this](const auto& first) { return !first.call || room > 0; })) {
      taken.push_back(step->trigger.step);
      EXPECT_EQ(step->since.ns, step->trigger.step);
      if (step->call) --room;
      if (step->heldBack) held.push_back(step->trigger.step);
    }
    return taken;
  }

  WaitingSteps waiting;
  int room = 0;
  std::vector<engine::StepId> held;
};

TEST_F(WaitingStepsTest, GoInOrderAndCallsOnlyWhereThereIsRoom) {
  for (const engine::StepId step : {1, 3, 5, 7}) add(step, true);
  add(2, false);
  room = 2;
  EXPECT_THAT(takeAll(), ElementsAre(2, 1, 3));
  add(4, false);
  EXPECT_THAT(takeAll(), ElementsAre(4)) << "what makes no input waits for nothing";
  room = 9;
  add(9, true);
  EXPECT_THAT(takeAll(), ElementsAre(5, 7, 9));
  EXPECT_TRUE(waiting.empty());
}

TEST_F(WaitingStepsTest, KnowWhichWereHeldBack) {
  for (const engine::StepId step : {1, 2, 3}) add(step, true);
  room = 1;
  takeAll();
  EXPECT_THAT(held, IsEmpty());
  add(4, true);
  room = 2;
  takeAll();
  EXPECT_THAT(held, ElementsAre(2, 3));
  room = 2;
  add(5, true);
  takeAll();
  EXPECT_THAT(held, ElementsAre(2, 3, 4));
}

TEST_F(WaitingStepsTest, AreForgottenTogether) {
  add(1, true);
  add(2, false);
  takeAll();
  waiting.clear();
  EXPECT_TRUE(waiting.empty());
  room = 1;
  add(3, true);
  takeAll();
  EXPECT_THAT(held, IsEmpty());
}

}  // namespace
}  // namespace faasbatch::runs
