// The journal's form of events. That a run survives it is tested by recovery_test.
#include "node-agent/engine/journal.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>
#include <random>

#include "node-agent/engine/invariants.h"
#include "node-agent/engine/simulation.h"

namespace faasbatch::engine {
namespace {

using testing::HasSubstr;
using testing::Not;

// Of a run that agents a and b share.
std::vector<Event> remoteSamples(const workflow::PlanPtr& plan) {
  auto plans = std::make_shared<PlanSet>();
  plans->main = plan;
  Accepted accepted{.id = "id", .plans = plans};
  auto share = std::make_shared<Share>();
  auto ownership = std::make_shared<Ownership>();
  ownership->agents = {"a", "b"};
  ownership->owners.assign(plan->blocks[0].nodes.size(), 1);
  share->ownership = ownership;
  accepted.share = share;
  StepEnd good{.position = 0, .epoch = 2, .status = StepEnd::Status::kSucceeded};
  OutputValue stored{.ref = {.store = OutputRef::Store::kCluster, .payload = {}, .key = "k", .size = 70'000}};
  OutputValue inlined{
      .ref = {.store = OutputRef::Store::kInline, .payload = base::Payload("[1]"), .size = 3}};
  good.output = {
      .ref = {}, .items = {inlined, {.ref = {}, .items = {stored, inlined}, .list = true}}, .list = true};
  good.receipt = {1ns, 2ns, 3ns, 4ns, 5ns, 6ns, 7ns, 8ns};
  good.began = 5ms;
  good.cause = 3;
  good.attempts = 2;
  good.records = {R"({"name":"s"},{"name":"t"})", 2, true};
  StepEnd bad{.position = 0, .status = StepEnd::Status::kTimedOut};
  bad.error = {"Timeout", "line\nbreak", "s", 3};
  return {{{1}, accepted},
          {{2}, RemoteEnded{"b", std::make_shared<StepEnd>(good)}},
          {{3}, RemoteEnded{"b", std::make_shared<StepEnd>(bad)}},
          {{4}, RemoteEnded{"b", std::make_shared<StepEnd>(StepEnd{.status = StepEnd::Status::kSkipped})}},
          {{5}, RemoteProgress{.from = "b", .position = 0, .epoch = 1, .attempts = 2}},
          {{6}, OwnerLost{"b", "it restarted", {{0, "b"}, {1, "c \"d\""}}}},
          {{7}, HandedBack{"b", {{0, "a"}, {1, "c \"d\""}}}}};
}

std::vector<Event> samples(const workflow::PlanPtr& plan) {
  auto plans = std::make_shared<PlanSet>();
  plans->main = plan;
  plans->others["other"] = plan;
  Accepted accepted{.id = "id", .plans = plans, .function = "f"};
  accepted.input.payload = base::Payload("{\n \"a\": 1.0\n}");
  accepted.deadline = base::Instant::never();
  accepted.durable = true;
  accepted.idempotencyKey = "key \"1\"";
  const calls::Where where{"local", "p", "b", 3};
  AttemptEnded good{.step = 7, .attempt = 2, .where = where, .startedAt = {5}};
  good.outcome = OutputRef{.store = OutputRef::Store::kCluster, .key = "k", .size = 70'000};
  good.receipt = {1ns, 2ns, 3ns, 4ns, 5ns, 6ns, 7ns, 8ns};
  AttemptEnded bad = good;
  bad.outcome = std::unexpected(calls::CallError{"WorkerCrashed", "line\nbreak", "trace", true});
  std::vector<Event> events{{{1}, accepted},
                            {{2}, good},
                            {{3}, bad},
                            {{4}, AttemptStarted{7, 2, where}},
                            {{5}, TimerFired{9}},
                            {{5}, TimerFired{9, "step \"a\" waits for a pod"}},
                            {{5}, AttemptExplained{7, 2, "OOMKilled"}},
                            {{6}, CancelAsked{}},
                            {{6}, GrewTooLarge{"it holds \"too\" much"}},
                            {{7}, Recovered{}}};
  const std::vector<decltype(Decision::what)> decisions{Decision::Skip{},
                                                        Decision::Call{base::Payload("1")},
                                                        Decision::Enter{base::Payload("2")},
                                                        Decision::Items{5},
                                                        Decision::Arm{1},
                                                        Decision::Arm{},
                                                        Decision::WaitUntil{{8}},
                                                        Decision::Fail{"T", "m"},
                                                        Decision::Until{true},
                                                        Decision::Output{base::Payload("[\r\n3]")},
                                                        Decision::Error{"ExpressionFailed", "m"}};
  std::ranges::copy(remoteSamples(plan), std::back_inserter(events));
  for (const auto& what : decisions) events.push_back({{9}, StepReady{4, {what}}});
  events.push_back({{9}, StepReady{4, {Decision::Until{false}, 3}}});
  return events;
}

TEST(Journal, ReadsBackWhatItWrites) {
  const auto plan = planOf("  steps: [{name: s, function: f}]\n");
  const PlanFinder find = [&](std::string_view nameSpace, std::string_view name, std::string_view digest) {
    EXPECT_EQ(nameSpace, plan->nameSpace);
    EXPECT_EQ(name, plan->name);
    return digest == plan->digest ? plan : nullptr;
  };
  for (const Event& event : samples(plan)) {
    const std::string line = toJournal(event);
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    const auto back = fromJournal(line, find);
    ASSERT_TRUE(back) << back.error().message << "\n" << line;
    EXPECT_EQ(toJournal(*back), line);
    EXPECT_EQ(back->what.index(), event.what.index());
    EXPECT_EQ(back->at, event.at);
  }
}

TEST(Journal, KeepsWhatRecoveryNeeds) {
  EXPECT_FALSE(journaled({{1}, StepReady{1, {Decision::Call{}}}}));
  EXPECT_FALSE(journaled({{1}, AttemptStarted{}}));
  EXPECT_TRUE(journaled({{1}, StepReady{1, {Decision::Until{}}}}));
  EXPECT_TRUE(journaled({{1}, AttemptEnded{}}));
  EXPECT_TRUE(journaled({{1}, Recovered{}}));
  EXPECT_TRUE(journaled({{1}, RemoteEnded{}}));
  EXPECT_TRUE(journaled({{1}, OwnerLost{}}));
  EXPECT_TRUE(journaled({{1}, HandedBack{}}));
  EXPECT_FALSE(journaled({{1}, LetGo{}}));
  EXPECT_TRUE(journaled({{1}, RemoteProgress{.attempts = 2}}));
  EXPECT_FALSE(journaled({{1}, RemoteProgress{.attempts = 1}}));
}

TEST(Journal, NamesAPlanThatIsGone) {
  const auto plan = planOf("  steps: [{name: s, function: f}]\n");
  const auto back = fromJournal(toJournal(samples(plan)[0]), [](auto...) { return nullptr; });
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().kind, "WorkflowNotFound");
  EXPECT_THAT(back.error().message, HasSubstr("default/w"));
}

TEST(Journal, RefusesDamagedLines) {
  const auto plan = planOf("  steps: [{name: s, function: f}]\n");
  const PlanFinder find = [&](auto...) { return plan; };
  for (
      const char* line :
      {"", "{}", "[]", "nonsense", R"({"v":2,"at":1,"event":"cancel"})", R"({"v":1,"event":"cancel"})",
       R"({"v":1,"at":1,"event":"gone"})", R"({"v":1,"at":1,"event":"timer","timer":-1})",
       R"({"v":1,"at":1,"event":"ready","step":1,"decision":"dance"})",
       R"({"v":1,"at":1,"event":"remote","from":"b","position":0,"epoch":0,"status":"dances"})",
       R"({"v":1,"at":1,"event":"remote","from":"b","position":0,"epoch":0,"status":"succeeded","output":{"payload":0}})",
       R"({"v":1,"at":1,"event":"lost","agent":"b","why":"","heirs":[[0]]})",
       R"({"v":1,"at":1,"event":"ready","step":1,"decision":"output","json":nope})"}) {
    const auto event = fromJournal(line, find);
    ASSERT_FALSE(event) << line;
    EXPECT_EQ(event.error().kind, "InvalidJournal") << line;
  }
  std::mt19937 rng(1);
  for (const Event& event : samples(plan)) {
    const std::string line = toJournal(event);
    for (std::size_t cut = 0; cut < line.size(); ++cut) EXPECT_FALSE(fromJournal(line.substr(0, cut), find));
    for (int i = 0; i < 200; ++i) {
      std::string damaged = line;
      damaged[rng() % damaged.size()] = static_cast<char>(rng());
      const auto read = fromJournal(damaged, find);
      if (read && !std::holds_alternative<Accepted>(read->what)) toJournal(*read);
    }
  }
}

TEST(Journal, OfAnotherRunCrashesNothing) {
  // Events that fit no state of this run: everything must be ignored, whatever it names.
  const auto plan =
      planOf("  steps: [{name: e, foreach: {items: \"${[1, 2]}\"}, function: f}, {name: w, wait: 1s}]\n");
  std::mt19937 rng(2);
  for (int round = 0; round < 200; ++round) {
    Simulation sim(plan);
    sim.start("1");
    std::vector<Event> strange = samples(plan);
    for (int i = 0; i < 50 && !sim.run.ended(); ++i) {
      Event event = strange[rng() % strange.size()];
      if (std::holds_alternative<CancelAsked>(event.what)) continue;
      if (auto* ready = std::get_if<StepReady>(&event.what)) ready->step = rng() % 8;
      if (auto* ended = std::get_if<AttemptEnded>(&event.what)) ended->step = rng() % 8;
      if (auto* timer = std::get_if<TimerFired>(&event.what)) timer->timer = rng() % 4;
      sim.give(event);
      sim.next();
    }
    EXPECT_NE(sim.result(), "did not end");
  }
}

TEST(Journal, OfAnotherSharedRunCrashesNothing) {
  const auto plan = planOf(
      "  steps: [{name: a, function: f}, {name: b, function: f, after: [a]}, {name: c, function: f, after: "
      "[a, "
      "b]}]\n");
  std::mt19937 rng(3);
  for (int round = 0; round < 500; ++round) {
    Simulation sim(plan);
    sim.check = [](const engine::Run& run) {
      for (const auto& broken : brokenInvariants(run)) ADD_FAILURE() << broken;
    };
    std::vector<Event> strange = samples(plan);
    Event accepted = remoteSamples(plan)[0];
    auto share = std::make_shared<Share>(*std::get<Accepted>(accepted.what).share);
    auto ownership = std::make_shared<Ownership>(*share->ownership);
    ownership->agents.push_back("c");
    for (AgentIndex& owner : ownership->owners) owner = rng() % 3;
    ownership->self = round % 2;
    share->ownership = ownership;
    share->createdAt = sim.clock.now();
    std::get<Accepted>(accepted.what).share = share;
    std::get<Accepted>(accepted.what).deadline = sim.clock.now() + 1h;
    sim.give(accepted.what);
    for (int i = 0; i < 30 && !sim.run.ended(); ++i) {
      Event event = strange[rng() % strange.size()];
      if (std::holds_alternative<CancelAsked>(event.what)) continue;
      if (auto* ready = std::get_if<StepReady>(&event.what)) ready->step = rng() % 8;
      if (auto* ended = std::get_if<AttemptEnded>(&event.what)) ended->step = rng() % 8;
      if (auto* timer = std::get_if<TimerFired>(&event.what)) timer->timer = rng() % 4;
      if (auto* remote = std::get_if<RemoteEnded>(&event.what)) {
        auto end = std::make_shared<StepEnd>(*remote->end);
        end->position = rng() % 4;
        end->epoch = rng() % 3;
        remote->end = std::move(end);
      }
      if (auto* lost = std::get_if<OwnerLost>(&event.what)) {
        for (auto& heir : lost->heirs) heir.first = rng() % 4;
      }
      if (auto* back = std::get_if<HandedBack>(&event.what)) {
        for (auto& heir : back->heirs) heir.first = rng() % 4;
      }
      sim.give(event.what);
      sim.next();
    }
    sim.give(CancelAsked{});
    EXPECT_TRUE(sim.run.ended());
  }
}

}  // namespace
}  // namespace faasbatch::engine
