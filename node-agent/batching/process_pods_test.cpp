// The dispatcher with real pods: faasbatch-runtime processes with Python.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "node-agent/batching/dispatcher_harness.h"
#include "node-agent/pods/process/process_provider.h"

namespace faasbatch::batching {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr const char* kCode = R"(
import os, time
def handler(event, context):
    event = event or {}
    time.sleep(event.get("sleep", 0))
    if "raise" in event:
        raise ValueError(event["raise"])
    if "print" in event:
        print(event["print"])
    if event.get("exit"):
        os._exit(3)
    while os.getpriority(os.PRIO_PROCESS, 0) == 0 and time.process_time() < event.get("compute", 0):
        pass
    return {"nice": os.getpriority(os.PRIO_PROCESS, 0), "pid": os.getpid(), "i": event.get("i")}
)";

// The provider must outlive the harness' dispatcher: both live on the harness' loop.
class ProcessPods : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kRuntime)) GTEST_SKIP() << kRuntime << " is not built";
    start(Harness::quiet());
  }
  void TearDown() override {
    if (!h_) return;
    bool down = false;
    h_->dispatcher->shutdown([&] { down = true; });
    h_->until([&] { return down; });
    h_->dispatcher.reset();
    provider_.reset();
  }

  void start(Dispatcher::Options options) {
    if (h_) h_->dispatcher.reset();
    provider_.reset();
    h_ = std::make_unique<Harness>();
    provider_ = std::move(*pods::makeProcessProvider(*h_->loop, {.runtime = kRuntime}));
    h_->dispatcher = Dispatcher::make(*h_->loop, *provider_, h_->metrics, std::move(options));
  }

  static workflow::FunctionSpec python(std::string code = kCode) {
    auto spec = Harness::spec(std::move(code));
    spec.concurrency.limit = 100;
    spec.batching.maxSize = 100;
    return spec;
  }

  static constexpr const char* kRuntime = FAASBATCH_BIN_DIR "/faasbatch-runtime";
  std::unique_ptr<Harness> h_;
  std::unique_ptr<pods::Provider> provider_;
};

TEST_F(ProcessPods, RunsAPythonFunction) {
  Harness& h = *h_;
  h.dispatcher->apply(kKey, python());
  const auto id = h.submit(R"({"i": 7, "print": "hello"})");
  h.untilDone(1);
  EXPECT_THAT(h.outcome(id), HasSubstr("\"i\":7")) << h.results.at(id).outcome.error().message;
  ASSERT_FALSE(h.logs[id].empty());
  EXPECT_EQ(h.logs[id][0].text, "hello\n");
  EXPECT_GT(h.results.at(id).receipt.cold.count(), 0);
}

TEST_F(ProcessPods, RunsABurstInOnePodInParallel) {
  Harness& h = *h_;
  h.dispatcher->apply(kKey, python());
  const base::Instant begin = h.loop->now();
  for (int i = 0; i < 100; ++i) h.submit(R"({"sleep": 0.1})");
  h.untilDone(100);
  std::set<std::string> outputs;
  for (const auto& [id, result] : h.results) outputs.insert(h.outcome(id));
  EXPECT_EQ(outputs.size(), 1U) << "one process id";
  EXPECT_LT(h.loop->now() - begin, seconds(5)) << "one after another they would take 10 s";
  RecordProperty("lastAnswerMs", static_cast<int>(base::toMillis(h.loop->now() - begin)));
}

TEST_F(ProcessPods, AnswersALoadFailureWithTheTraceback) {
  Harness& h = *h_;
  h.dispatcher->apply(kKey, python("def handler(event:\n"));
  h.submitMany(10);
  h.untilDone(10);
  for (const auto& [id, result] : h.results) EXPECT_EQ(h.outcome(id), "LoadFailed");
  EXPECT_THAT(h.results.at(1).outcome.error().traceback, HasSubstr("SyntaxError"));
}

TEST_F(ProcessPods, PassesOnExceptions) {
  Harness& h = *h_;
  h.dispatcher->apply(kKey, python());
  const auto id = h.submit(R"({"raise": "no good"})");
  h.untilDone(1);
  EXPECT_EQ(h.outcome(id), "ValueError");
  EXPECT_EQ(h.results.at(id).outcome.error().message, "no good");
}

TEST_F(ProcessPods, ACrashHarmsNoMateForGood) {
  Harness& h = *h_;
  h.dispatcher->apply(kKey, python());
  h.submit();
  h.untilDone(1);
  const auto mate = h.submit(R"({"sleep": 0.2})");
  const auto poison = h.submit(R"({"exit": true, "sleep": 0.05})");
  h.untilDone(3);
  if (h.outcome(mate) == "WorkerCrashed") {
    EXPECT_TRUE(h.results.at(mate).outcome.error().blameless);
    const auto again = h.submit(R"({"i": 1})", [](calls::Call& call) { call.isolate = true; });
    h.untilDone(4);
    EXPECT_THAT(h.outcome(again), HasSubstr("\"i\":1"));
  }
  EXPECT_EQ(h.outcome(poison), "WorkerCrashed");
  const auto alone = h.submit(R"({"exit": true})", [](calls::Call& call) { call.isolate = true; });
  h.until([&] { return h.results.contains(alone); });
  EXPECT_EQ(h.outcome(alone), "WorkerCrashed");
  EXPECT_FALSE(h.results.at(alone).outcome.error().blameless);
}

TEST_F(ProcessPods, ATimeoutEndsInThePod) {
  Harness& h = *h_;
  h.dispatcher->apply(kKey, python());
  const auto id = h.submit(R"({"sleep": 30})", [](calls::Call& call) { call.timeout = milliseconds(100); });
  h.untilDone(1);
  EXPECT_EQ(h.outcome(id), "Timeout");
  EXPECT_LT(h.results.at(id).receipt.total(), seconds(4))
      << "by the pod, not by the dispatcher after its grace";
}

TEST_F(ProcessPods, UnderSfsACallThatComputesForLongGivesWay) {
  Harness& h = *h_;
  workflow::FunctionSpec spec = python();
  spec.concurrency.mode = workflow::ConcurrencyMode::kProcesses;
  spec.batching.policy = workflow::BatchPolicy::kSfs;
  h.dispatcher->apply(kKey, spec);
  const auto computes = h.submit(R"({"compute": 15})");
  h.untilDone(1);
  EXPECT_THAT(h.outcome(computes), HasSubstr("\"nice\":19"));
  const auto next = h.submit();
  h.untilDone(2);
  EXPECT_THAT(h.outcome(next), HasSubstr("\"nice\":0")) << "in the same pod";
  EXPECT_EQ(h.results.at(next).where.pod, h.results.at(computes).where.pod);

  spec.batching.policy = workflow::BatchPolicy::kNone;
  spec.digest = "other";
  h.dispatcher->apply(kKey, spec);
  const auto none = h.submit(R"({"compute": 0.3})");
  h.untilDone(3);
  EXPECT_THAT(h.outcome(none), HasSubstr("\"nice\":0"));
}

TEST_F(ProcessPods, AGenericPodIsThereBeforeTheFunction) {
  start({});
  Harness& h = *h_;
  h.until([&] { return h.metrics.gauge("faasbatch_pods", "", {{"state", "Generic"}}).value() == 1; });
  h.dispatcher->apply(kKey, python());
  const auto id = h.submit();
  h.untilDone(1);
  EXPECT_THAT(h.outcome(id), HasSubstr("pid"));
  EXPECT_EQ(h.metrics.counter("faasbatch_pod_starts_total", "", {{"kind", "specialised"}}).value(), 1U);
  RecordProperty("coldUs", static_cast<int>(h.results.at(id).receipt.total().count() / 1000));
}

}  // namespace
}  // namespace faasbatch::batching
