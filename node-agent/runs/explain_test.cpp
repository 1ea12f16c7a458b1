// A run, a dispatcher and scripted pods: what callers and records are told of lost pods.
#include <gmock/gmock.h>

#include "lib/testing/eventually.h"
#include "node-agent/batching/scripted_pods.h"
#include "node-agent/journal/memory.h"
#include "node-agent/runs/runs.h"

namespace faasbatch::runs {
namespace {

using ::testing::HasSubstr;

constexpr const char* kManifest =
    "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: w}\nspec:\n"
    "  functions: [{name: f, runtime: Python, handler: m.h, source: {inline: code}}]\n"
    "  steps: [{name: s, function: f}]\n";

class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest() {
    batching::Dispatcher::Options options;
    options.genericWarmPods = false;
    dispatcher = batching::Dispatcher::make(*loop, pods, metrics, std::move(options));
    workflows = std::make_unique<Workflows>(*dispatcher, *journal);
    runs = Runs::make({*loop, *workflows, *dispatcher, *journal, {nullptr, nullptr}, false, metrics});
    bool applied = false;
    workflows->apply(kManifest, "default", "", [&](const auto& result) { applied = result.has_value(); });
    until([&] { return applied; });
  }
  void invoke(const std::string& input) {
    runs->invoke({.nameSpace = "default", .workflow = "w", .function = {}, .input = base::Payload(input)},
                 {.onAccepted = [this](const base::Result<std::string>& accepted) { id = accepted.value(); },
                  .onEnded = [this](const Outcome& ended) { outcome = ended; },
                  .onElsewhere = nullptr});
  }
  void until(const std::function<bool()>& done) { ASSERT_TRUE(testing::runUntil(*loop, done)); }
  std::string record() {
    std::optional<std::string> text;
    runs->record("default", id, [&](const base::Result<std::optional<std::string>>& found) {
      text = found.value().value_or("");
    });
    until([&] { return text.has_value(); });
    return text.value_or("");
  }

  std::unique_ptr<net::EventLoop> loop = net::EventLoop::make();
  telemetry::Registry metrics;
  batching::ScriptedPods pods{*loop};
  std::unique_ptr<batching::Dispatcher> dispatcher;
  std::unique_ptr<journal::Journal> journal = journal::makeMemoryJournal(*loop);
  std::unique_ptr<Workflows> workflows;
  std::unique_ptr<Runs> runs;
  std::string id;
  std::optional<Outcome> outcome;
};

TEST_F(ExplainTest, TheLastLossSaysWhyThePodEndedAndNoRetryWaitsForThat) {
  pods.holdWhy = true;
  pods.why = "OOMKilled (exit code 137)";
  invoke(R"({"do":"cut"})");
  until([&] { return pods.whyAsked() == 2; });
  EXPECT_EQ(pods.seen.size(), 2U)
      << "the second attempt began though nobody knew how the first one's pod ended";
  EXPECT_FALSE(outcome);
  pods.sayWhy();
  until([&] { return outcome.has_value(); });
  EXPECT_EQ(outcome->error.type, "WorkerCrashed");
  EXPECT_THAT(outcome->error.message, HasSubstr(": OOMKilled (exit code 137)"));
  const std::string text = record();
  EXPECT_NE(text.find("OOMKilled"), text.rfind("OOMKilled")) << "of both attempts: " << text;
}

TEST_F(ExplainTest, ARunThatIsCancelledMeanwhileIsCancelled) {
  pods.holdWhy = true;
  pods.why = "OOMKilled (exit code 137)";
  invoke(R"({"do":"cut"})");
  until([&] { return pods.whyAsked() == 2; });
  runs->cancel("default", id, [](bool) {});
  until([&] { return outcome.has_value(); });
  EXPECT_EQ(outcome->error.type, "Cancelled");
  pods.sayWhy();
}

}  // namespace
}  // namespace faasbatch::runs
