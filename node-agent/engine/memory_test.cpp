// What Run::memoryBytes() says, against the growth of the heap.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "node-agent/engine/simulation.h"

namespace faasbatch::engine {
namespace {

// Folds runs as the shell does, and keeps nothing of them but the calls under way, which share what they
// hold with their run.
class Shell {
 public:
  explicit Shell(const std::string& spec) {
    auto set = std::make_shared<PlanSet>();
    set->main = planOf(spec);
    plans_ = set;
    // What a first run makes for all stays out of the measurements.
    begin("[1]");
    runs.clear();
  }

  Run& begin(std::string input, std::optional<std::string> function = std::nullopt) {
    Run& run = runs.emplace_back();
    Accepted accepted{.id = "0123456789abcdef0123456789", .plans = plans_, .function = std::move(function)};
    accepted.input = inlineRef(base::Payload(std::move(input)));
    accepted.deadline = {1'000'000'000'000};
    give(run, std::move(accepted));
    return run;
  }

  // Ends calls of `run` that are under way, oldest first, each with `output`.
  void endCalls(Run& run, std::size_t count, const std::string& output) {
    for (StepId id = 0; id < run.state().steps.size() && count > 0; ++id) {
      if (run.state().steps[id].phase != Phase::kCalling) continue;
      --count;
      const calls::Where where{"local", "pod-1", "batch-1", 1};
      give(run, AttemptStarted{id, 1, where});
      give(run, AttemptEnded{id, 1, inlineRef(base::Payload(std::string(output))), where, {}, {}});
    }
  }

  void give(Run& run, decltype(Event::what) what) {
    std::deque<decltype(Event::what)> inbox;
    inbox.push_back(std::move(what));
    for (; !inbox.empty(); inbox.pop_front()) {
      for (const Command& command : apply(run, {{++now_}, inbox.front()})) {
        const auto* trigger = std::get_if<Trigger>(&command);
        if (trigger) inbox.push_back(StepReady{trigger->step, evaluate(run, trigger->step, {}, {now_})});
      }
    }
  }

  std::deque<Run> runs;

 private:
  PlanSetPtr plans_;
  std::int64_t now_ = 0;
};

std::size_t heap() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Whether the sanitizers' allocator is here, which keeps no such counts.
bool uncounted() { return heap() == 0; }

// What the runs say they hold by what the heap grew while `make` made them.
template <class Make>
double ratio(const std::string& spec, Make make) {
  Shell shell(spec);
  const std::size_t before = heap();
  make(shell);
  const std::size_t grown = heap() - before;
  std::size_t said = 0;
  for (const Run& run : shell.runs) said += run.memoryBytes();
  return static_cast<double>(said) / static_cast<double>(grown);
}

void within(double ratio) {
  EXPECT_GT(ratio, 0.5);
  EXPECT_LT(ratio, 2);
}

constexpr const char* kOne = "  steps: [{name: s, function: f}]\n";
constexpr const char* kEach =
    "  steps: [{name: e, foreach: {items: \"${input}\"}, function: f, input: {x: \"${item}\"}}]\n";

std::string listOf(std::size_t count, const std::string& item) {
  std::string list = "[";
  for (std::size_t i = 0; i < count; ++i) list += (i ? "," : "") + item;
  return list + "]";
}

class Memory : public testing::Test {
 protected:
  void SetUp() override {
    if (uncounted()) GTEST_SKIP() << "the allocator of a sanitizer does not count";
  }
};

TEST_F(Memory, OfSmallRuns) {
  within(ratio(kOne, [](Shell& shell) {
    for (int i = 0; i < 2000; ++i) shell.begin("{\"a\": 1}");
  }));
}

TEST_F(Memory, OfCallsOfOneFunction) {
  within(ratio(kOne, [](Shell& shell) {
    for (int i = 0; i < 2000; ++i) shell.begin("{\"a\": 1}", "f");
  }));
}

TEST_F(Memory, OfLargeInputsThatCallsShare) {
  within(ratio(kOne, [](Shell& shell) {
    for (int i = 0; i < 50; ++i) {
      std::string text(1 << 20, '"');
      std::fill(text.begin() + 1, text.end() - 1, 'x');
      shell.begin(std::move(text));
    }
  }));
}

TEST_F(Memory, OfAForeachUnderWay) {
  within(ratio(kEach, [](Shell& shell) { shell.begin(listOf(20'000, "7")); }));
}

TEST_F(Memory, OfAForeachWithLargeItems) {
  within(ratio(kEach, [](Shell& shell) { shell.begin(listOf(200, '"' + std::string(20'000, 'x') + '"')); }));
}

TEST_F(Memory, OfOutputsThatAreKept) {
  within(ratio(kEach, [](Shell& shell) {
    engine::Run& run = shell.begin(listOf(3000, "{\"k\": [1, 2]}"));
    shell.endCalls(run, 2000, '"' + std::string(1000, 'y') + '"');
  }));
}

TEST_F(Memory, OfAWideList) {
  std::string spec = "  steps:\n";
  for (int i = 0; i < 1000; ++i) {
    spec += "  - {name: s" + std::to_string(i) + ", function: f, input: {a: \"${input.a}\"}}\n";
  }
  within(ratio(spec, [](Shell& shell) {
    for (int i = 0; i < 10; ++i) shell.endCalls(shell.begin("{\"a\": [1, 2, 3]}"), 500, "\"done\"");
  }));
}

TEST_F(Memory, OfValuesThatExpressionsLookedInto) {
  within(ratio("  steps: [{name: s, function: f, input: {n: \"${input.list.size()}\"}}]\n", [](Shell& shell) {
    for (int i = 0; i < 20; ++i) {
      shell.begin("{\"list\": " + listOf(2000, R"({"id": 17, "name": "a name longer than a short one"})") +
                  "}");
    }
  }));
}

TEST(InputBytes, AreThoseOfCallsUnderWayEachTextOnce) {
  Shell shell(
      "  steps:\n  - {name: a, function: f}\n  - {name: b, function: f}\n"
      "  - {name: c, function: f, input: {of: \"${input}\"}}\n");
  const std::string input = '"' + std::string(100'000, 'x') + '"';
  engine::Run& run = shell.begin(input);
  EXPECT_GT(run.inputBytes(), 200'000) << "a and b share the run's";
  EXPECT_LT(run.inputBytes(), 210'000);
  shell.endCalls(run, 2, "1");
  EXPECT_GT(run.inputBytes(), 100'000);
  EXPECT_LT(run.inputBytes(), 105'000);
  shell.endCalls(run, 1, "1");
  ASSERT_TRUE(run.ended());
  EXPECT_EQ(run.inputBytes(), 0);
}

TEST(InputBytes, OfACallThatFailedAreGoneWhenItIsCaught) {
  Shell shell("  steps: [{name: a, function: f, catch: [{on: [\"*\"], steps: [{name: c, wait: 1h}]}]}]\n");
  engine::Run& run = shell.begin('"' + std::string(100'000, 'x') + '"');
  EXPECT_GT(run.inputBytes(), 100'000);
  shell.give(run, AttemptEnded{1, 1, std::unexpected(calls::CallError{"Bad", "no", "", false}), {}, {}, {}});
  ASSERT_FALSE(run.ended());
  EXPECT_EQ(run.inputBytes(), 0);
}

TEST_F(Memory, OfAnEndedRunIsThatOfItsRecord) {
  Shell shell(kEach);
  engine::Run& run = shell.begin(listOf(100, '"' + std::string(100'000, 'x') + '"'));
  EXPECT_GT(run.memoryBytes(), 100 * 100'000);
  shell.endCalls(run, 100, "1");
  ASSERT_TRUE(run.ended());
  EXPECT_LT(run.memoryBytes(), 200'000);
}

}  // namespace
}  // namespace faasbatch::engine
