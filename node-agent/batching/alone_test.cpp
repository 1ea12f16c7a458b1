#include "node-agent/batching/alone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node-agent/batching/dispatcher_harness.h"

namespace faasbatch::batching {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kSlots = 4;

SharedPod idle() { return {{.ready = true, .slots = kSlots}, false}; }
SharedPod idleAfterAlone() { return {{.ready = true, .slots = kSlots}, true}; }
SharedPod busy(std::uint32_t running) {
  return {{.ready = true, .running = running, .slots = kSlots}, false};
}
SharedPod withAlone() { return {{.ready = true, .running = 1, .slots = kSlots}, true}; }
SharedPod coming() { return {{.slots = kSlots}, false}; }

TEST(DecideAlone, GivesEachCallAPodToItself) {
  const std::optional<base::Duration> unknown;
  const struct {
    const char* what;
    std::size_t waiting;
    std::size_t others;
    std::vector<SharedPod> pods;
    std::optional<base::Duration> meanExec;
    bool mayAdd;
    AloneDecision want;
  } kCases[] = {
      {"nothing waits", 0, 5, {idle(), busy(1)}, unknown, true, {{}, {}, {}, 2}},
      {"idle pods", 2, 5, {busy(1), idle(), idle(), idle()}, unknown, true, {{1, 2}, {}, {}, 4}},
      {"the others' turn", 2, 5, {idleAfterAlone(), idle()}, unknown, true, {{1}, {0}, {}, 2}},
      {"nobody else", 2, 0, {idleAfterAlone(), idle()}, unknown, true, {{0, 1}, {}, {}, 2}},
      {"no pod", 3, 0, {}, unknown, true, {{}, {}, {}, 1}},
      {"a pod is coming", 3, 0, {coming()}, unknown, true, {{}, {}, {}, 1}},
      {"all busy: one more", 1, 0, {busy(1)}, milliseconds(1), true, {{}, {}, {}, 2}},
      {"all busy, no room: the least", 1, 9, {busy(3), busy(2), busy(4)}, unknown, false, {{}, {}, 1, 3}},
      {"all busy, maxPods: the least", 1, 9, std::vector(5, busy(3)), unknown, true, {{}, {}, 0, 5}},
      {"one is under way", 2, 9, {withAlone(), busy(2)}, milliseconds(1), false, {{}, {}, {}, 2}},
      {"short calls take turns", 9, 0, {withAlone()}, milliseconds(10), true, {{}, {}, {}, 1}},
      {"long ones get pods", 3, 0, {withAlone()}, milliseconds(900), true, {{}, {}, {}, 4}},
      {"but not beyond maxPods", 50, 0, {withAlone()}, milliseconds(900), true, {{}, {}, {}, 5}},
  };
  const Limits limits{.slots = kSlots, .maxSize = 64, .maxPods = 5, .window = milliseconds(50)};
  for (const auto& c : kCases) {
    History history;
    history.meanExec = c.meanExec;
    EXPECT_EQ(decideAlone(c.waiting, c.others, c.pods, history, limits, c.mayAdd), c.want) << c.what;
  }
}

TEST(DecideAlone, LeavesNoRoomInAPodThatIsTaken) {
  for (const SharedPod& pod : {idle(), busy(2), withAlone()}) {
    const PodView seen = occupied(pod);
    EXPECT_EQ(seen.freeSlots(), 0U);
    EXPECT_EQ(seen.running, std::max(pod.running, 1U));
  }
}

void alone(calls::Call& call) { call.alone = true; }

workflow::FunctionSpec inPods(std::uint32_t maxPods) {
  auto spec = Harness::spec();
  spec.pool.maxPods = maxPods;
  return spec;
}

TEST(Alone, CallsSharePodsWithNothingAndTakeTurnsWithTheOthers) {
  Harness h;
  h.dispatcher->apply(kKey, inPods(1));
  h.submit(R"({"do":"wait"})");
  h.until([&] { return h.scripted.waiting() == 1; });
  h.submit(R"({"do":"wait","n":1})", alone);
  h.submit(R"({"do":"wait","n":2})", alone);
  h.submitMany(3, R"({"do":"wait"})");
  EXPECT_EQ(h.status().queued, 5U);
  std::vector<std::size_t> turns;
  while (h.results.size() < 6) {
    h.until([&] { return h.status().running > 0 && h.scripted.waiting() == h.status().running; });
    turns.push_back(h.scripted.waiting());
    const std::size_t done = h.results.size() + h.scripted.release();
    h.untilDone(done);
  }
  EXPECT_THAT(turns, testing::ElementsAre(1, 1, 3, 1));
  EXPECT_EQ(h.scripted.created, 1U);
}

TEST(Alone, CallsHoldNoOtherCallUpWhereThereIsAnotherPod) {
  Harness h;
  h.dispatcher->apply(kKey, inPods(2));
  for (int i = 0; i < 5; ++i) h.submit(R"({"do":"wait"})", alone);
  h.until([&] { return h.scripted.waiting() >= 1; });
  const auto other = h.submit("1");
  h.until([&] {
    if (h.scripted.waiting() == 2) h.scripted.release();
    return h.results.contains(other);
  });
  EXPECT_EQ(h.outcome(other), "1");
  h.until([&] {
    h.scripted.release();
    return h.results.size() == 6;
  });
  EXPECT_LE(h.scripted.mostAlive, 2U);
}

TEST(Alone, ACallIsHeldToHaveKilledThePodThatItHad) {
  for (const char* what : {"die", "cut"}) {
    Harness h;
    h.dispatcher->apply(kKey, inPods(2));
    const auto id = h.submit(std::string(R"({"do":")") + what + "\"}", alone);
    const auto mate = h.submit("1", alone);
    h.untilDone(2);
    ASSERT_EQ(h.outcome(id), "WorkerCrashed") << what;
    const calls::CallError& error = h.results.at(id).outcome.error();
    EXPECT_FALSE(error.blameless) << what;
    EXPECT_THAT(error.message, testing::HasSubstr("was lost while nothing but this call ran in it"));
    EXPECT_EQ(h.outcome(mate), "1") << what;
  }
}

TEST(Alone, ACallIsNotBlamedForAPodThatTheAgentEnds) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto id = h.submit(R"({"do":"wait"})", alone);
  h.until([&] { return h.scripted.waiting() == 1; });
  bool down = false;
  h.dispatcher->shutdown([&] { down = true; });
  h.until([&] { return down && !h.results.empty(); });
  EXPECT_EQ(h.outcome(id), "PodLost");
  EXPECT_TRUE(h.results.at(id).outcome.error().blameless);
}

TEST(Alone, WaitingCallsEndByDeadlineByCancellingAndWithTheirFunction) {
  Harness h;
  h.scripted.holdStarts = true;
  h.dispatcher->apply(kKey, Harness::spec("broken"));
  const auto late = h.submit("null", [&](calls::Call& call) {
    call.alone = true;
    call.deadline = h.loop->now() + milliseconds(5);
  });
  const auto cancelled = h.submit("null", alone);
  const auto fails = h.submit("null", alone);
  h.dispatcher->cancel(cancelled, milliseconds(1));
  h.untilDone(2);
  EXPECT_EQ(h.outcome(late), "Timeout");
  EXPECT_EQ(h.outcome(cancelled), "Cancelled");
  EXPECT_EQ(h.status().queued, 1U);
  h.scripted.startHeld();
  h.untilDone(3);
  EXPECT_EQ(h.outcome(fails), "LoadFailed");
  EXPECT_EQ(h.status().queued, 0U);
}

}  // namespace
}  // namespace faasbatch::batching
