// Runs that grow: what they hold stays within MemoryBounds, whatever they are asked for.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "lib/testing/eventually.h"
#include "lib/testing/temp_dir.h"
#include "node-agent/batching/scripted_pods.h"
#include "node-agent/journal/memory.h"
#include "node-agent/journal/sqlite.h"
#include "node-agent/runs/driver.h"
#include "node-agent/runs/runs.h"

namespace faasbatch::runs {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kMiB = 1 << 20;

// An agent's runs with their parts around them: one life of it.
class Life {
 public:
  Life(MemoryBounds bounds, bool stores, const std::string& directory = "") : pods(loop_) {
    if (directory.empty()) {
      journal_ = journal::makeMemoryJournal(loop_);
    } else {
      journal_ = std::move(*journal::openSqliteJournal(loop_, directory, metrics_));
    }
    if (stores) store_ = stores::makeMemoryStore(loop_, metrics_);
    batching::Dispatcher::Options options;
    options.genericWarmPods = false;
    options.maxBatchBytes = kMiB;  // of what a scripted pod takes
    dispatcher_ = batching::Dispatcher::make(loop_, pods, metrics_, std::move(options));
    workflows_ = std::make_unique<Workflows>(*dispatcher_, *journal_);
    workflows_->load();
    Runs::Dependencies dependencies{loop_, *workflows_, *dispatcher_, *journal_, {store_.get(), nullptr},
                                    false, metrics_};
    dependencies.memory = bounds;
    runs = Runs::make(dependencies);
  }

  void apply(const std::string& name, const std::string& steps) {
    std::optional<bool> applied;
    workflows_->apply(
        "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: " + name +
            "}\nspec:\n"
            "  functions: [{name: f, runtime: Python, handler: m.h, source: {inline: code}}]\n" +
            steps,
        "default", "", [&](const auto& result) { applied = result.has_value(); });
    until([&] { return applied.has_value(); });
    ASSERT_TRUE(*applied);
  }

  // The number of the run, from 0.
  std::size_t invoke(const std::string& workflow, const std::string& input, bool async = false) {
    const std::size_t number = ids.size();
    ids.emplace_back();
    runs->invoke({.nameSpace = "default",
                  .workflow = workflow,
                  .function = {},
                  .input = base::Payload(input),
                  .async = async},
                 {.onAccepted =
                      [this, number](const base::Result<std::string>& accepted) {
                        ids[number] = accepted ? *accepted : accepted.error().kind;
                      },
                  .onEnded = [this, number](const Outcome& ended) { outcomes.emplace(number, ended); },
                  .onElsewhere = nullptr});
    return number;
  }

  void until(const std::function<bool()>& done) { ASSERT_TRUE(testing::runUntil(loop_, done)); }

  // Ends what waits in pods, again and again, until the run has ended.
  void releaseUntilEnded(std::size_t number) {
    until([&] {
      mostWaiting = std::max(mostWaiting, pods.waiting());
      mostBytes = std::max(mostBytes, runs->activeBytes());
      pods.release();
      return outcomes.contains(number);
    });
  }

  std::string recordOf(const std::string& id) {
    std::optional<std::string> text;
    runs->record("default", id, [&](const base::Result<std::optional<std::string>>& found) {
      text = found.value().value_or("");
    });
    until([&] { return text.has_value(); });
    return text.value_or("");
  }

  // Asks for the record until it is as `wanted` says; gives it.
  std::string untilRecord(const std::string& id, const std::function<bool(const std::string&)>& wanted) {
    std::string record;
    const base::Instant end = loop_.now() + testing::kPatience;
    while (!wanted(record = recordOf(id))) {
      if (loop_.now() < end) continue;
      ADD_FAILURE() << "waited for in vain: " << record.substr(0, 2000);
      break;
    }
    return record;
  }

 public:
  // Of its own: what is still to be called when it ends is not called in the next one.
  std::unique_ptr<net::EventLoop> loop = net::EventLoop::make();
  net::EventLoop& loop_ = *loop;
  telemetry::Registry metrics_;

 public:
  batching::ScriptedPods pods;

 private:
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<stores::Store> store_;
  std::unique_ptr<batching::Dispatcher> dispatcher_;
  std::unique_ptr<Workflows> workflows_;

 public:
  std::unique_ptr<Runs> runs;
  std::vector<std::string> ids;
  std::map<std::size_t, Outcome> outcomes;
  std::size_t mostWaiting = 0;
  std::size_t mostBytes = 0;
};

std::string text(std::size_t bytes) { return '"' + std::string(bytes, 'x') + '"'; }

std::string numbers(int count) {
  std::string list = "[0";
  for (int i = 1; i < count; ++i) list += "," + std::to_string(i);
  return list + "]";
}

// A foreach whose every item is given all of the run's input.
const std::string kAllInEach =
    "  steps: [{name: e, foreach: {items: \"${input.items}\"}, function: f,\n"
    "           input: {do: \"${input.do}\", i: \"${item}\", all: \"${input.all}\"}}]\n"
    "  output: \"${size(input.items)}\"\n";

std::string allInEach(const char* what, int items, std::size_t bytes) {
  return std::string(R"({"do":")") + what + R"(","items":)" + numbers(items) + R"(,"all":)" + text(bytes) +
         "}";
}

TEST(GrowingRuns, MakeInputsOfItemsWhenThereIsRoomForThem) {
  const MemoryBounds bounds{.all = 16 * kMiB};
  Life life(bounds, true);
  life.apply("w", kAllInEach);
  const std::size_t run = life.invoke("w", allInEach("wait", 100, 256 * 1024));
  const std::size_t room = bounds.ahead() / (256 * 1024);
  life.until([&] { return life.pods.waiting() >= room; });
  life.releaseUntilEnded(run);
  EXPECT_EQ(life.outcomes.at(run).error.message, "");
  EXPECT_EQ(life.outcomes.at(run).output.view(), "100");
  EXPECT_EQ(life.pods.seen.size(), 100U);
  EXPECT_LE(life.mostWaiting, room + 1);
  EXPECT_LT(life.mostBytes, bounds.one()) << "25 MiB of inputs, never together";
  EXPECT_GT(life.outcomes.at(run).receipt.queue, base::Duration(0));
}

TEST(GrowingRuns, EndWithAnErrorThatNamesTheBoundAndOthersGoOn) {
  const MemoryBounds bounds{.all = 16 * kMiB};
  Life life(bounds, false);  // outputs stay in the run
  life.apply("w", kAllInEach);
  const std::size_t small = life.invoke("w", allInEach("wait", 3, 100));
  const std::size_t large = life.invoke("w", allInEach("echo", 100, 256 * 1024));
  life.until([&] {
    life.mostBytes = std::max(life.mostBytes, life.runs->activeBytes());
    return life.outcomes.contains(large);
  });
  EXPECT_EQ(life.outcomes.at(large).error.type, "RunTooLarge");
  EXPECT_THAT(life.outcomes.at(large).error.message,
              HasSubstr("bounds those of one run by " + std::to_string(bounds.one())));
  EXPECT_LT(life.mostBytes, bounds.one() + bounds.ahead());
  EXPECT_LT(life.runs->activeBytes(), kMiB) << "what it held is let go of";
  life.until([&] { return life.pods.waiting() == 3; });
  life.releaseUntilEnded(small);
  EXPECT_EQ(life.outcomes.at(small).output.view(), "3");
}

TEST(GrowingRuns, ReadNoMoreStoredOutputsThanTheyMayHold) {
  const MemoryBounds bounds{.all = 16 * kMiB};
  Life life(bounds, true);
  life.apply("each",
             "  steps:\n  - {name: a, function: f, input: {v: \"${input}\"}}\n"
             "  - {name: e, foreach: {items: \"${" +
                 numbers(40) +
                 "}\"}, function: f,\n"
                 "     input: {do: wait, i: \"${item}\", all: \"${steps.a.output}\"}}\n"
                 "  output: \"${size(steps.e.output)}\"\n");
  const std::size_t reads = life.invoke("each", text(512 * 1024));
  life.releaseUntilEnded(reads);
  EXPECT_EQ(life.outcomes.at(reads).error.type, "RunTooLarge") << "size() looks into 20 MiB";
  EXPECT_EQ(life.pods.seen.size(), 41U) << "each item had its turn";
  EXPECT_LT(life.mostBytes, bounds.one());
}

TEST(GrowingRuns, OfAllTogetherTheLargestEnds) {
  const MemoryBounds bounds{.all = 16 * kMiB};
  Life life(bounds, false);
  life.apply("w",
             "  steps:\n  - {name: a, function: f, input: {v: \"${input}\"}}\n"
             "  - {name: b, function: f, input: {do: wait, v: \"${steps.a.output.v}\"}}\n  output: 1\n");
  const std::size_t largest = life.invoke("w", text(1400 * 1024));
  for (int i = 0; i < 5; ++i) life.invoke("w", text(800 * 1024));
  life.until([&] { return life.pods.waiting() + life.outcomes.size() == 6; });
  ASSERT_TRUE(life.outcomes.contains(largest)) << life.runs->activeBytes();
  EXPECT_EQ(life.outcomes.at(largest).error.type, "RunTooLarge");
  EXPECT_THAT(life.outcomes.at(largest).error.message, HasSubstr(std::to_string(bounds.grown())));
  EXPECT_LT(life.outcomes.size(), 6U) << "and no more than must";
  life.until([&] {
    life.pods.release();
    return life.outcomes.size() == 6;
  });
  EXPECT_EQ(
      std::ranges::count_if(life.outcomes, [](const auto& one) { return one.second.output.view() == "1"; }) +
          std::ranges::count_if(life.outcomes,
                                [](const auto& one) { return one.second.error.type == "RunTooLarge"; }),
      6);
}

// An agent that was killed while a run held too much must not be killed by it again and again.
TEST(GrowingRuns, ThatAreTooLargeForTheNextLifeEndThere) {
  const testing::TempDir directory;
  std::string large;
  std::string small;
  {
    Life life({.all = 256 * kMiB}, false, directory.path());
    life.apply("each",
               "  steps: [{name: e, foreach: {items: \"${input.items}\"}, function: f,\n"
               "           input: {do: \"${item < 99 ? 'echo' : 'wait'}\", all: \"${input.all}\"}}]\n");
    life.apply("held", "  steps: [{name: a, function: f, input: {do: wait}}]\n");
    const std::size_t first = life.invoke("each", allInEach("", 100, 256 * 1024), true);
    const std::size_t second = life.invoke("held", "null", true);
    life.until([&] { return life.pods.waiting() == 2; });
    large = life.ids[first];
    small = life.ids[second];
    // 99 outputs are there, and on their way to the disk.
    life.untilRecord(large, [](const std::string& record) {
      std::size_t succeeded = 0;
      const std::string_view what = R"("number":1,"status":"Succeeded")";
      for (auto at = record.find(what); at != record.npos; at = record.find(what, at + 1)) ++succeeded;
      return succeeded == 99;
    });
    bool written = false;
    life.loop->after(2 * kWriteBehind, [&] { written = true; });
    life.until([&] { return written; });
  }
  for (int restart = 0; restart < 2; ++restart) {
    Life life({.all = 16 * kMiB}, false, directory.path());
    life.runs->recover();
    EXPECT_LT(life.runs->activeBytes(), 9 * kMiB);
    const std::string record = life.untilRecord(
        large, [](const std::string& text) { return text.find("RunTooLarge") != std::string::npos; });
    EXPECT_THAT(record, HasSubstr(R"("status":"Failed")"));
    EXPECT_THAT(record, HasSubstr("half of --max-run-memory"));
    EXPECT_THAT(life.recordOf(small), HasSubstr(R"("status":"Running")")) << "the other one goes on";
    EXPECT_EQ(life.runs->active(), 1U);
  }
}

}  // namespace
}  // namespace faasbatch::runs
