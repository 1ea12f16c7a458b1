#include "node-agent/engine/measure.h"

#include <gmock/gmock.h>

#include "node-agent/engine/simulation.h"

namespace faasbatch::engine {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Calls answer with their input, and take a millisecond.
Reply echo(const Dispatch& call) {
  Reply reply{std::string(call.input.view()), milliseconds(3)};
  reply.receipt = {.transport = milliseconds(2), .exec = milliseconds(1)};
  return reply;
}

TEST(Measured, AreTheStepsOfTheRootList) {
  Simulation sim(planOf("  steps:\n"
                        "  - {name: a, function: f, input: [1, 22]}\n"
                        "  - {name: b, steps: [{name: c, function: f, input: 7}, {name: d, function: f, "
                        "after: [c], input: 8}]}\n"
                        "  - {name: e, when: \"${false}\", function: f}\n"),
                 echo);
  sim.resultOf("null");
  const auto seen = measured(sim.run);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0], (StepMeasured{"a", milliseconds(1), 6}));  // [1,22]
  EXPECT_EQ(seen[1].name, "b");
  EXPECT_EQ(seen[1].time, milliseconds(2)) << "one after the other";
}

TEST(Measured, OfAForeachAreItsListAndWhatItWaitedFor) {
  Simulation sim(
      planOf("  steps: [{name: a, foreach: {items: '${input}'}, function: f, input: '${item}'}]\n"), echo);
  sim.resultOf("[10, 200, 3]");
  EXPECT_THAT(measured(sim.run), ElementsAre(StepMeasured{"a", milliseconds(1), 10}));  // [10,200,3]
}

TEST(Measured, LeaveOutWhatFailedAndARunOfOneFunction) {
  Simulation sim(
      planOf("  steps: [{name: a, function: f}, {name: b, fail: {type: No, message: no}, after: [a]}]\n"),
      echo);
  sim.resultOf("null");
  EXPECT_THAT(measured(sim.run), ElementsAre(StepMeasured{"a", milliseconds(1), 4}));
}

TEST(BytesOf, IsTheLengthOfTheText) {
  Ledger ledger;
  const auto of = [&](const char* text) {
    return Output::of(inlineRef(base::Payload(std::string(text))), ledger);
  };
  EXPECT_EQ(bytesOf(nullptr), 4U);
  EXPECT_EQ(bytesOf(of("123456")), 6U);
  EXPECT_EQ(bytesOf(Output::list({}, ledger)), 2U);
  EXPECT_EQ(bytesOf(Output::list({of("1"), nullptr, Output::list({of("22")}, ledger)}, ledger)),
            13U);  // [1,null,[22]]
}

}  // namespace
}  // namespace faasbatch::engine
