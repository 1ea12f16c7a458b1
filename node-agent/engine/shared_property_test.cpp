// Random plans over random owners end as on one agent, whatever becomes of messages and agents.
#include <gmock/gmock.h>

#include <set>

#include "lib/json/check.h"
#include "node-agent/engine/random_runs.h"
#include "node-agent/engine/shared_samples.h"
#include "node-agent/engine/shared_simulation.h"

namespace faasbatch::engine {
namespace {

class RandomShared : public testing::TestWithParam<int> {
 protected:
  struct Sample {
    workflow::PlanPtr plan;
    std::string expected;
    std::multiset<std::string> calls;
    std::multiset<std::string> begun;  // of these, that left their queue
    std::vector<std::string> steps;
    bool failing = false;
  };

  static std::string callText(const Dispatch& call) {
    std::string text =
        call.name + "#" + std::to_string(call.attempt) + "(" + std::string(call.input.view()) + ")";
    for (const std::uint32_t i : call.index) text += "." + std::to_string(i);
    return text;
  }

  static Sample sample(std::uint32_t seed) {
    Sample sample{.plan = randomPlan(seed)};
    Simulation single(sample.plan, digest);
    single.with(innerPlan());
    sample.expected = single.resultOf("7");
    for (const Dispatch& call : single.dispatched) sample.calls.insert(callText(call));
    begunCalls(single.run, sample.begun);
    sample.steps = names(single.run);
    // Where several calls fail, it depends on time which of them fails first.
    sample.failing = std::ranges::any_of(single.events, [](const Event& event) {
      const auto* ended = std::get_if<AttemptEnded>(&event.what);
      return ended && !ended->outcome && ended->outcome.error().type == "Bad";
    });
    return sample;
  }

  static void begunCalls(const engine::Run& run, std::multiset<std::string>& calls) {
    const State& s = run.state();
    for (StepId id = 0; id < s.steps.size(); ++id) {
      std::string at = stepName(s, id);
      for (const std::uint32_t i : indexPath(s, id)) at += "." + std::to_string(i);
      for (std::uint32_t i = s.steps[id].firstAttempt; i != kNone; i = s.attempts[i].next) {
        calls.insert(at + "#" + std::to_string(s.attempts[i].number));
      }
    }
  }

  static std::vector<std::string> names(const engine::Run& run) {
    std::vector<std::string> names;
    for (const std::string& step : elementsOf(field(record(run, nullptr), "steps"))) {
      names.push_back(field(step, "name") + field(step, "index") + field(step, "status"));
    }
    std::ranges::sort(names);
    return names;
  }

  static SharedSimulation spread(const workflow::PlanPtr& plan, std::uint32_t seed) {
    std::mt19937 rng(seed);
    std::vector<AgentIndex> owners;
    const std::uint32_t agents = 2 + (rng() % 3);
    for (std::size_t i = 0; i < plan->blocks[0].nodes.size(); ++i) owners.push_back(rng() % agents);
    return {plan, innerPlan(), owned(owners, {"a", "b", "c", "d"}), digest, seed};
  }

  // A step whose owners were lost too often fails, and may be caught.
  static bool gaveUp(const engine::Run& run) {
    return std::ranges::any_of(run.state().roots,
                               [](const RootStep& root) { return root.losses > kBlamelessRetries; });
  }

  static void expectAddsUp(const engine::Run& run) {
    EXPECT_EQ(run.receipt().total(), run.finishedAt() - run.createdAt());
    EXPECT_TRUE(json::check(record(run, nullptr)));
  }

  // Each of ten random plans, over a network that loses `lost` of a hundred messages, with up to `times`
  // blows at random moments.
  template <class Strike>
  void survives(std::uint32_t lost, int times, Strike strike) const {
    for (std::uint32_t seed = first(); seed < first() + 10; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      const Sample expected = sample(seed);
      SharedSimulation run = spread(expected.plan, seed);
      run.network = {.delay = 2ms, .lost = lost, .twice = 10};
      std::mt19937 rng(seed);
      run.start("7");
      for (int i = 0; i < times && !run.over(); ++i) {
        run.agenda->advanceTo(run.agenda->clock.now() + base::Duration(1ms * (rng() % 15)));
        if (run.over()) break;
        strike(run, rng);
      }
      const std::string result = run.result();
      ASSERT_TRUE(run.over());
      expectAddsUp(run.home());
      if (!expected.failing && !gaveUp(run.home())) {
        EXPECT_EQ(result, expected.expected);
      }
      run.settle();
    }
  }

  std::uint32_t first() const { return static_cast<std::uint32_t>(GetParam()) * 10; }
};

TEST_P(RandomShared, EndsAsWithOneAgent) {
  for (std::uint32_t seed = first(); seed < first() + 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Sample expected = sample(seed);
    for (const bool bad : {false, true}) {  // bad: messages get lost and come twice
      SharedSimulation run = spread(expected.plan, seed);
      if (bad) run.network = {.delay = 3ms, .lost = 20, .twice = 20};
      run.start("7");
      const std::string result = run.result();
      ASSERT_TRUE(run.over());
      expectAddsUp(run.home());
      std::multiset<std::string> calls;
      for (const Dispatch& call : run.dispatched) calls.insert(callText(call));
      if (!expected.failing) {
        EXPECT_EQ(result, expected.expected);
        EXPECT_EQ(calls, expected.calls);
        EXPECT_EQ(names(run.home()), expected.steps);
      }
      run.settle();
      if (run.home().status() == RunStatus::kSucceeded && !bad) {
        const OutputRef& output = run.home().output();
        const bool kept = output.store == OutputRef::Store::kCluster;
        EXPECT_EQ(run.clusterStore.size(), kept ? 1 : 0);
      }
    }
  }
}

TEST_P(RandomShared, SurvivesRestartsOfOwners) {
  survives(10, 6, [](SharedSimulation& run, std::mt19937& rng) {
    const AgentIndex agent = 1 + (rng() % 3);
    const bool storeLost = rng() % 2 == 0;
    if (rng() % 3 == 0) {
      run.stop(agent, storeLost);  // found out by asking
    } else {
      run.restart(agent, storeLost,
                  rng() % 2 ? std::vector<AgentIndex>{agent} : std::vector<AgentIndex>{0, 1, 2, 3});
    }
  });
}

// Agents shut down at random moments, home never: no call begins twice, none is lost, no attempt is used up.
TEST_P(RandomShared, CallsBeginOnceWhereAgentsDrain) {
  std::size_t handedBack = 0;
  for (std::uint32_t seed = first(); seed < first() + 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Sample expected = sample(seed);
    SharedSimulation run = spread(expected.plan, seed);
    if (seed % 2) run.network = {.delay = 3ms, .lost = 20, .twice = 20};
    run.start("7");
    std::mt19937 rng(seed);
    for (int i = 0; i < 4 && !run.over(); ++i) {
      run.agenda->advanceTo(run.agenda->clock.now() + base::Duration(rng() % 8 * 1ms));
      const AgentIndex agent = 1 + (rng() % 3);
      if (!run.over()) run.drain(agent);
    }
    const std::string result = run.result();
    ASSERT_TRUE(run.over());
    expectAddsUp(run.home());
    std::multiset<std::string> calls;
    for (AgentIndex agent = 0; agent < 4; ++agent) {
      if (run.agent(agent)) begunCalls(run.agent(agent)->run, calls);
    }
    if (!expected.failing) {
      EXPECT_EQ(result, expected.expected);
      EXPECT_EQ(calls, expected.begun);
      EXPECT_EQ(names(run.home()), expected.steps);
    }
    run.settle();
    handedBack += run.handedBack;
  }
  EXPECT_GT(handedBack, 0U);
}

// The same, and agents die, drained or not.
TEST_P(RandomShared, SurvivesDrainsAndRestarts) {
  survives(10, 8, [](SharedSimulation& run, std::mt19937& rng) {
    const AgentIndex agent = 1 + (rng() % 3);
    if (rng() % 4 == 0) {
      run.stop(agent, rng() % 2 == 0);
    } else {
      run.drain(agent);
    }
  });
}

TEST_P(RandomShared, SurvivesDrainsWhileHomeRestarts) {
  survives(5, 4, [](SharedSimulation& run, std::mt19937& rng) {
    static_cast<void>(rng() % 2 == 0 ? run.drain(1 + (rng() % 3)) : run.restartHome(rng() % 4));
  });
}

TEST_P(RandomShared, SurvivesRestartsOfHome) {
  survives(5, 2, [](SharedSimulation& run, std::mt19937& rng) {  // its own steps survive three
    if (rng() % 3 == 0) run.stop(1 + (rng() % 3), rng() % 2 == 0);
    run.restartHome(rng() % 4);
  });
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomShared, testing::Range(0, 30));

}  // namespace
}  // namespace faasbatch::engine
