// A run goes on after a restart: any prefix of its journal, replayed, leads to the same end.
#include <gmock/gmock.h>

#include "node-agent/engine/invariants.h"
#include "node-agent/engine/journal.h"
#include "node-agent/engine/random_runs.h"
#include "node-agent/engine/record.h"
#include "node-agent/engine/simulation.h"

namespace faasbatch::engine {
namespace {

// Outcomes depend on the call alone, not on chance or time: the same call goes the same way in each life of
// the run. Failures that depend on the attempt's number would not, as a restart uses up numbers.
Reply byInput(const Dispatch& call) {
  const std::string input(call.input.view());
  if (input.find("bad") != std::string::npos) return failWith("Bad", "bad input");
  Reply reply{input, base::Duration(1ms * (1 + std::hash<std::string>{}(call.name + input) % 7))};
  reply.spill = input.size() % 3 == 0;
  return reply;
}

struct Scenario {
  const char* name;
  const char* spec;
  const char* input;
};

const char* const kInnerWorkflow =
    "  steps:\n  - {name: x, function: f, input: {v: \"${input}\", t: inner}}\n  - {name: y, function: f, "
    "input: \"${steps.x.output}\"}\n"
    "  output: \"${input}\"\n";

const Scenario kScenarios[] = {
    {"chain", "  steps: [{name: a, function: f}, {name: b, function: f, input: [\"${steps.a.output}\"]}]\n",
     "\"abcdef\""},
    {"foreach",
     "  steps:\n  - {name: a, function: f}\n"
     "  - {name: e, foreach: {items: \"${steps.a.output}\", maxConcurrency: 2}, function: f, input: {i: "
     "\"${item}\"}}\n"
     "  output: {n: \"${size(steps.e.output)}\", all: \"${steps.e.output}\"}\n",
     "[10,200,3,4]"},
    {"foreach as output",
     "  steps: [{name: e, foreach: {items: \"${input}\"}, function: f, input: \"${item}\"}]\n",
     "[10,200,3,4]"},
    {"nested",
     "  steps:\n  - name: rows\n    foreach: {items: \"${input}\", maxConcurrency: 2}\n    steps:\n"
     "    - {name: cols, foreach: {items: \"${item}\"}, function: f, input: \"${item * 10}\"}\n"
     "    - {name: w, wait: 3ms}\n"
     "    - {name: first, function: f, after: [w], input: {row: \"${index}\", of: "
     "\"${steps.cols.output}\"}}\n",
     "[[1,2],[3],[]]"},
    {"repeat",
     "  steps:\n  - name: r\n    repeat: {until: \"${index >= 2 && output != null}\", delay: 2ms, limit: "
     "9}\n    steps:\n"
     "    - {name: a, function: f, input: [\"${last}\", \"${index}\"]}\n",
     "null"},
    {"caught in a group",
     "  steps:\n  - name: g\n    steps: [{name: a, function: f, input: bad}, {name: b, function: f}]\n"
     "    retry: {limit: 1, backoff: {initial: 1ms}}\n"
     "    catch: [{on: [\"*\"], steps: [{name: c, function: f, input: \"${error.step + error.type}\"}]}]\n"
     "  - {name: d, function: f, input: \"${steps.g.output}\"}\n",
     "1"},
    {"sub-workflows",
     "  steps:\n  - {name: s, foreach: {items: \"${input}\"}, workflow: inner, input: {i: \"${item}\"}}\n"
     "  - {name: last, function: f, input: \"${steps.s.output}\"}\n",
     "[1,2,3]"},
    {"switch and skip",
     "  steps:\n  - {name: k, function: f, input: \"${input.kind}\"}\n  - name: c\n    switch:\n"
     "    - when: \"${steps.k.output == 'a'}\"\n      steps: [{name: sa, function: f, input: first}]\n"
     "    - steps: [{name: sd, function: f, input: \"${steps.k.output}\"}]\n"
     "  - {name: m, function: f, when: \"${steps.k.output == 'a'}\"}\n"
     "  output: [\"${steps.c.output}\", \"${steps.m.output}\"]\n",
     R"({"kind":"b"})"},
    {"failure",
     "  steps: [{name: a, function: f, input: good}, {name: b, function: f, input: bad, after: [a]}]\n", "1"},
};

std::string outcome(Simulation& sim) {
  const std::string result = sim.result();
  return std::string(name(sim.run.status())) + " " + result;
}

void expectInvariants(const Run& run) {
  for (const auto& broken : brokenInvariants(run)) ADD_FAILURE() << broken;
}

// A run, and what becomes of it when it is cut off after any of its events.
class Lives {
 public:
  Lives(workflow::PlanPtr plan, std::uint32_t seed, Behaviour behaviour)
      : plan_(std::move(plan)), behaviour_(std::move(behaviour)), rng_(seed), whole_(plan_, behaviour_) {
    prepare(whole_);
  }

  void first(const std::string& input) {
    whole_.check = [&](const Run& run) {
      expectInvariants(run);
      stores_.push_back(whole_.store);
    };
    whole_.start(input);
    expected_ = outcome(whole_);
    EXPECT_TRUE(whole_.run.ended());
    EXPECT_EQ(whole_.answers, 1);
  }

  // `sameEnd`: the outcome does not depend on what fails first.
  void cutAfter(std::size_t cut, bool sameEnd) {
    SCOPED_TRACE("cut after event " + std::to_string(cut) + " of " + std::to_string(whole_.events.size()));
    Simulation second(plan_, behaviour_);
    prepare(second);
    second.check = expectInvariants;
    second.store = stores_[cut - 1];
    replay(second.run, cut);
    if (!second.run.ended()) {
      second.advanceTo(whole_.events[cut - 1].at);
      second.give(Recovered{});
      second.obey(pending(second.run));
    }
    const std::string result = outcome(second);
    EXPECT_TRUE(second.run.ended());
    if (sameEnd) {
      EXPECT_EQ(result, expected_);
    }
    auto given = givenBefore(cut);
    for (const Dispatch& d : second.dispatched) {
      EXPECT_TRUE(given.insert({d.step, d.attempt}).second) << d.name << " " << d.attempt;
    }
    expectInvariants(second.run);
  }

  // At any time the run can be found too large, by this life or, with what its journal has, the next one.
  void tooLargeAfter(std::size_t cut) {
    SCOPED_TRACE("too large after event " + std::to_string(cut));
    Simulation second(plan_, behaviour_);
    prepare(second);
    second.check = expectInvariants;
    second.store = stores_[cut - 1];
    replay(second.run, cut);
    const bool ended = second.run.ended();
    second.advanceTo(whole_.events[cut - 1].at);
    second.give(GrewTooLarge{"it grew"});
    second.obey(pending(second.run));
    EXPECT_EQ(outcome(second), ended ? expected_ : "Failed RunTooLarge: it grew");
    EXPECT_TRUE(second.dispatched.empty());
    EXPECT_GE(second.answers, 1);
    if (!ended) {
      EXPECT_TRUE(second.store.empty()) << "what was stored is released";
    }
  }

  const Simulation& whole() const { return whole_; }

 private:
  void prepare(Simulation& sim) {
    sim.with(inner_);
    sim.chaos = &rng_;
  }

  // Through the journal's text.
  void replay(Run& run, std::size_t cut) {
    const auto plans = [this](std::string_view, std::string_view name, std::string_view) {
      return name == "inner" ? inner_ : plan_;
    };
    for (std::size_t i = 0; i < cut; ++i) {
      if (!journaled(whole_.events[i])) continue;
      const std::string line = toJournal(whole_.events[i]);
      const auto event = fromJournal(line, plans);
      ASSERT_TRUE(event) << event.error().message << "\n" << line;
      EXPECT_EQ(toJournal(*event), line);
      apply(run, *event);
      expectInvariants(run);
    }
  }

  // The attempts that the life cut off had given out.
  std::set<std::pair<StepId, std::uint32_t>> givenBefore(std::size_t cut) {
    std::set<std::pair<StepId, std::uint32_t>> given;
    Run run;
    for (std::size_t i = 0; i < cut; ++i) {
      for (const Command& command : apply(run, whole_.events[i])) {
        if (const auto* d = std::get_if<Dispatch>(&command)) given.insert({d->step, d->attempt});
      }
    }
    return given;
  }

  workflow::PlanPtr plan_;
  workflow::PlanPtr inner_ = planOf(kInnerWorkflow, {"f"}, "inner");
  Behaviour behaviour_;
  std::mt19937 rng_;
  Simulation whole_;
  std::vector<decltype(Simulation::store)> stores_;  // after each event
  std::string expected_;
};

class Recovery : public testing::TestWithParam<std::tuple<Scenario, int>> {};

TEST_P(Recovery, OfEveryPrefixEndsTheSame) {
  const auto& [scenario, seed] = GetParam();
  Lives lives(planOf(scenario.spec), static_cast<std::uint32_t>(seed), byInput);
  lives.first(scenario.input);
  for (std::size_t cut = 1; cut <= lives.whole().events.size(); ++cut) {
    lives.cutAfter(cut, true);
    lives.tooLargeAfter(cut);
  }
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Recovery,
                         testing::Combine(testing::ValuesIn(kScenarios), testing::Range(0, 5)),
                         [](const auto& info) {
                           std::string name =
                               std::get<0>(info.param).name + std::to_string(std::get<1>(info.param));
                           std::erase_if(name,
                                         [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
                           return name;
                         });

class RandomRecovery : public testing::TestWithParam<int> {};

TEST_P(RandomRecovery, OfPrefixesEndsWell) {
  for (std::uint32_t i = 0; i < 10; ++i) {
    const std::uint32_t seed = (static_cast<std::uint32_t>(GetParam()) * 10) + i;
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto plan = randomPlan(seed);
    ASSERT_TRUE(plan);
    Lives lives(plan, seed, digest);
    lives.first("7");
    const std::size_t events = lives.whole().events.size();
    const std::size_t stride = 1 + (events / 25);
    // Where several calls fail, it depends on time which of them fails first, and what it cancels.
    const bool failed = std::ranges::any_of(lives.whole().events, [](const Event& event) {
      const auto* ended = std::get_if<AttemptEnded>(&event.what);
      return ended && !ended->outcome && ended->outcome.error().type == "Bad";
    });
    for (std::size_t cut = 1; cut <= events; cut += stride) {
      lives.cutAfter(cut, !failed);
      lives.tooLargeAfter(cut);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomRecovery, testing::Range(0, 20));

TEST(Restart, ListsTheInterruptedAttemptAndCountsOn) {
  const auto plan = planOf("  steps: [{name: s, function: f}]\n");
  Simulation sim(plan, [](const Dispatch&) { return Reply{"1", 10s}; });
  sim.start("1");
  sim.advanceTo(sim.clock.now() + 1s);
  Simulation second(plan);
  for (const Event& event : sim.events) {
    if (journaled(event)) apply(second.run, event);
  }
  second.advanceTo(sim.clock.now());
  second.give(Recovered{});
  second.obey(pending(second.run));
  EXPECT_EQ(second.result(), "1");
  ASSERT_EQ(second.dispatched.size(), 1);
  EXPECT_EQ(second.dispatched[0].attempt, 2);
  EXPECT_THAT(
      record(second.run, nullptr),
      testing::AllOf(testing::HasSubstr(R"("number":1,"status":"Failed")"),
                     testing::HasSubstr(R"("error":{"type":"PodLost","message":"the agent restarted"})"),
                     testing::HasSubstr(R"("number":2,"status":"Succeeded")")));
}

TEST(Restart, TooManyTimesFailsTheStep) {
  const auto plan = planOf("  steps: [{name: s, function: f}]\n");
  Simulation sim(plan, [](const Dispatch&) { return Reply{"1", 10s}; });
  sim.start("1");
  for (std::uint32_t i = 0; i <= kBlamelessRetries; ++i) {
    sim.advanceTo(sim.clock.now() + 1s);
    sim.give(Recovered{});
  }
  EXPECT_EQ(sim.result(), "PodLost: the agent restarted");
  EXPECT_EQ(sim.run.error().attempts, kBlamelessRetries + 1);
}

}  // namespace
}  // namespace faasbatch::engine
