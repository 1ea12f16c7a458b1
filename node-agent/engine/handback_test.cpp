// An agent that shuts down gives back what has not begun, and only that.
#include <gmock/gmock.h>

#include "node-agent/engine/shared_samples.h"
#include "node-agent/engine/shared_simulation.h"

namespace faasbatch::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Calls of `held` hang where they begin on an agent that is not lost.
Behaviour holding(std::string held) {
  return [held = std::move(held)](const Dispatch& call) {
    return Reply{std::string(call.input.view()),
                 call.name == held ? base::Duration(1s) : base::Duration(1ms)};
  };
}

void pass(SharedSimulation& run, base::Duration time) {
  run.agenda->advanceTo(run.agenda->clock.now() + time);
}

// Which steps of the root list the part at `agent` could do without.
std::vector<Position> movableAt(const SharedSimulation& run, AgentIndex agent) {
  return movable(run.agent(agent)->run);
}

// What a part may let go of while the step "s", its own or home's, is under way, and what when it has ended.
struct MovableCase {
  const char* name;
  const char* steps;
  std::vector<AgentIndex> owners;
  bool stored;  // outputs lie in a store
  std::vector<Position> under, after;
};

void PrintTo(const MovableCase& c, std::ostream* out) { *out << c.name; }

class Movable : public testing::TestWithParam<MovableCase> {};

TEST_P(Movable, Steps) {
  const MovableCase& c = GetParam();
  auto run = shared(c.steps, c.owners, [&](const Dispatch& call) {
    Reply reply{std::string(call.input.view()), call.name == "s" ? 100ms : 10s};
    reply.spill = c.stored;
    return reply;
  });
  run.start("7");
  pass(run, 50ms);
  EXPECT_EQ(movableAt(run, 1), c.under);
  run.agent(1)->check = nullptr;
  std::vector<Position> after;
  run.agent(1)->onTell = [&](const Tell&) { after = movableAt(run, 1); };  // before what follows can begin
  pass(run, 100ms);
  EXPECT_EQ(after, c.after);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Movable,
    testing::Values(
        MovableCase{"ItsOwnCallIsUnderWay", "  steps: [{name: s, function: f}]\n", {1}, false, {}, {}},
        MovableCase{"WaitsForHome", kChain, {0, 1, 1}, false, {1, 2}, {}},
        MovableCase{"WaitsForItsOwn", kChain, {1, 1, 0}, false, {}, {1}},
        MovableCase{"WaitsForItsOwnWhoseOutputIsInTheNodesStore", kChain, {1, 1, 0}, true, {}, {}},
        MovableCase{"WaitsForItsOwnWhoseOutputTravels",
                    "  steps:\n  - {name: s, function: f}\n  - {name: t, function: f, after: [s]}\n"
                    "  - {name: u, function: f, after: [s]}\n",
                    {1, 1, 0},
                    true,
                    {1},
                    {1}},
        MovableCase{
            "AnItemHasBegun",
            "  steps: [{name: e, foreach: {items: \"${[1, 2]}\"}, steps: [{name: s, function: f}]}]\n",
            {1},
            false,
            {},
            {}},
        MovableCase{
            "AWait", "  steps: [{name: s, function: f}, {name: w, wait: 1h}]\n", {1, 1}, false, {1}, {1}}),
    [](const auto& one) { return std::string(one.param.name); });

// The second agent, while a step is held.
void drainWhileHeld(SharedSimulation& run) {
  run.start("7");
  pass(run, 100ms);
  run.drain(1);
}

TEST(HandBack, WhatWaitsForAnotherStepGoesElsewhere) {
  auto run = shared(kChain, {0, 1, 0}, holding("s"));
  drainWhileHeld(run);
  EXPECT_EQ(run.handedBack, 1);
  EXPECT_EQ(run.result(), "[[7]]");
  EXPECT_EQ(std::ranges::count(run.dispatchedBy, "b"), 0);
  EXPECT_EQ(run.home().state().roots[1].losses, 0);
}

TEST(HandBack, WhatHasBegunEndsWhereItIs) {
  auto run = shared(kChain, {0, 1, 0}, holding("t"));
  drainWhileHeld(run);
  EXPECT_EQ(run.result(), "[[7]]");
  EXPECT_EQ(run.handedBack, 0);
  EXPECT_THAT(stepLines(run.home()),
              ElementsAre("s[] Succeeded 1@a", "t[] Succeeded 1@b", "u[] Succeeded 1@a"));
}

// t follows on s at the same agent: it goes elsewhere when s has ended.
TEST(HandBack, WhatFollowsOnACallUnderWayGoesWhenItHasEnded) {
  auto run = shared(kChain, {1, 1, 0}, holding("s"));
  drainWhileHeld(run);
  EXPECT_EQ(run.handedBack, 0);
  EXPECT_EQ(run.result(), "[[7]]");
  EXPECT_EQ(run.handedBack, 1);
  EXPECT_EQ(std::ranges::count(run.dispatchedBy, "b"), 1) << "t was not even queued";
  EXPECT_THAT(stepLines(run.home())[0], HasSubstr("s[] Succeeded 1@b"));
  EXPECT_THAT(stepLines(run.home())[1], testing::AnyOf("t[] Succeeded 1@a", "t[] Succeeded 1@c"));
}

TEST(HandBack, IsSafeToGetTwice) {
  auto run = shared(kChain, {0, 1, 0}, holding("s"));
  run.start("7");
  pass(run, 100ms);
  run.drain(1);
  run.drain(1);
  EXPECT_EQ(run.handedBack, 1);
  pass(run, 10ms);
  const std::uint32_t epoch = run.home().state().epoch;
  EXPECT_EQ(epoch, 1);
  EXPECT_THAT(givenBack(run.home(), "b", 0, {1, 1, 99}), IsEmpty());
  run.agent(0)->give(HandedBack{"b", {{1, "b"}, {99, "c"}}});
  EXPECT_EQ(run.home().state().epoch, epoch);
  EXPECT_EQ(run.result(), "[[7]]");
}

TEST(HandBack, CountsFromTheEpochInWhichTheStepWasGiven) {
  auto run = shared(kChain, {0, 1, 0}, holding("s"));
  run.start("7");
  pass(run, 100ms);
  EXPECT_THAT(givenBack(run.home(), "b", 0, {1, 1}), ElementsAre(1));
  EXPECT_THAT(givenBack(run.home(), "c", 0, {1}), IsEmpty());
  run.restart(1, true, {1});
  EXPECT_THAT(givenBack(run.home(), "b", 0, {1}), IsEmpty());  // said in an earlier life
  EXPECT_THAT(givenBack(run.home(), "b", 1, {1}), ElementsAre(1));
}

TEST(HandBack, OfAShareThatIsNotBegunIsAllThatHasNotEnded) {
  auto run = shared(kChain, {1, 1, 0}, holding("t"));
  run.start("7");
  pass(run, 100ms);
  EXPECT_THAT(movable(shareOf(run.home(), 1)), ElementsAre(1));
}

TEST(HandBack, TheStepsTimeoutGoesOn) {
  auto run = shared("  steps: [{name: s, function: f}, {name: w, wait: 1s, after: [s], timeout: 1500ms}]\n",
                    {0, 1}, holding("none"));
  run.start("7");
  pass(run, 900ms);
  run.drain(1);
  EXPECT_EQ(run.result(), "null");
  EXPECT_EQ(run.handedBack, 1);
  EXPECT_LT(run.home().finishedAt() - run.home().createdAt(), 1100ms);  // and so does its wait
  EXPECT_EQ(run.home().receipt().total(), run.home().finishedAt() - run.home().createdAt());
}

}  // namespace
}  // namespace faasbatch::engine
