#include "node-agent/pods/batch_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "lib/json/check.h"

namespace faasbatch::pods {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

calls::Call someCall() {
  return {.id = 7,
          .invocationId = "0197",
          .step = "count",
          .index = {3, 1},
          .attempt = 2,
          .input = base::Payload(R"({"chunk": "a"})")};
}

TEST(CallLine, SaysWhatTheContractSaysWithTheInputLast) {
  std::string out;
  appendCallLine(out, someCall(), seconds(30));
  EXPECT_EQ(out, R"({"id":"7","invocation":"0197","run":"0197","step":"count","index":[3,1],"attempt":2,)"
                 R"("timeoutMs":30000,"input":{"chunk": "a"}})"
                 "\n");
}

TEST(CallLine, IsOneLineWhateverTheInputLooksLike) {
  calls::Call call = someCall();
  call.input = base::Payload("{\r\n  \"a\": \"x\\n\"\n}");
  call.isolate = true;
  std::string out;
  appendCallLine(out, call, microseconds(1));
  EXPECT_EQ(out.find('\n'), out.size() - 1);
  EXPECT_THAT(out, HasSubstr(R"("timeoutMs":1,"isolate":true,"input":)"));
  EXPECT_TRUE(json::check(out).has_value());
  call.alone = true;
  out.clear();
  appendCallLine(out, call, microseconds(1));
  EXPECT_THAT(out, HasSubstr(R"("timeoutMs":1,"input":)")) << "the pod is its own: no process beside";
}

TEST(CallLine, SaysHowLongTheCallMayComputeAtFullPriority) {
  std::string out;
  appendCallLine(out, someCall(), seconds(30), milliseconds(12));
  EXPECT_THAT(out, HasSubstr(R"("timeoutMs":30000,"sliceUs":12000,"input":)"));
}

TEST(InitBody, SaysThatCallsHaveTimeSlicesWhereTheyCanHaveThem) {
  using workflow::BatchPolicy;
  using workflow::ConcurrencyMode;
  for (const auto& [policy, mode, has] : {std::tuple(BatchPolicy::kSfs, ConcurrencyMode::kProcesses, true),
                                          {BatchPolicy::kSfs, ConcurrencyMode::kThreads, false},
                                          {BatchPolicy::kSfs, ConcurrencyMode::kExclusive, false},
                                          {BatchPolicy::kNone, ConcurrencyMode::kProcesses, false},
                                          {BatchPolicy::kAdaptive, ConcurrencyMode::kProcesses, false}}) {
    workflow::FunctionSpec spec{.name = "f", .handler = "f.f"};
    spec.batching.policy = policy;
    spec.concurrency.mode = mode;
    EXPECT_EQ(hasTimeSlices(spec), has);
    EXPECT_EQ(initBody({"default", "w", "f"}, spec, "{}", {}).contains(R"("timeSlices":true)"), has);
  }
}

TEST(InitBody, CarriesTheFunction) {
  workflow::FunctionSpec spec{
      .name = "count", .handler = "count.handler", .source = {.text = "def handler(e): ..."}};
  spec.concurrency = {.mode = workflow::ConcurrencyMode::kExclusive, .limit = 8};
  spec.env = {{"A", "b"}};
  spec.share = {"my.Client"};
  spec.bindings = {{.name = "cache", .kind = workflow::Binding::Kind::kRedis, .url = "redis://h"}};
  spec.digest = "d1";
  EXPECT_EQ(initBody({"default", "wc", "count"}, spec, R"({"inline":"def handler(e): ..."})",
                     {.kind = "Agent", .url = "unix:/s"}),
            R"({"function":"default/wc/count","digest":"d1","handler":"count.handler",)"
            R"("source":{"inline":"def handler(e): ..."},"mode":"Exclusive","limit":1,"env":{"A":"b"},)"
            R"("share":["my.Client"],"bindings":[{"name":"cache","kind":"Redis","url":"redis://h"}],)"
            R"("store":{"kind":"Agent","url":"unix:/s","prefix":"default/wc/"},)"
            R"("loadTimeoutMs":30000,"maxOutputBytes":6291456,"maxLogBytes":262144})");
}

TEST(LoadTimes, AreTheFunctionsWithinBounds) {
  const LoadTimes times;
  workflow::FunctionSpec spec{.timeout = seconds(1)};
  EXPECT_EQ(times.of(spec), seconds(10));
  spec.timeout = seconds(45);
  EXPECT_EQ(times.of(spec), seconds(45));
  spec.timeout = std::chrono::hours(1);
  EXPECT_EQ(times.of(spec), seconds(60));
}

TEST(InitBody, NamesTheFileOfABindingsSecret) {
  workflow::FunctionSpec spec{.name = "f"};
  spec.bindings = {{.name = "cache", .secretName = "redis"}};
  EXPECT_THAT(initBody({"n", "w", "f"}, spec, "{}", {}),
              HasSubstr(R"("bindings":[{"name":"cache","kind":"Redis",)"
                        R"("urlFile":"/var/run/faasbatch/bindings/cache/url"}])"));
}

TEST(StoreBody, KeepsAllRevisionsOfAWorkflowBelowOnePrefix) {
  EXPECT_EQ(
      storeBody({"shop", "order@0123456789ab", "pay"}, {.kind = "Agent", .url = "http://x:1", .token = "t"}),
      R"({"kind":"Agent","url":"http://x:1","prefix":"shop/order/","token":"t"})");
  EXPECT_EQ(storeBody({"shop", "order", "pay"}, {}), R"({"kind":"None","url":"","prefix":"shop/order/"})");
}

TEST(CancelBody, NamesTheCalls) {
  const calls::CallId ids[] = {7, 8};
  EXPECT_EQ(cancelBody(ids, milliseconds(1000)), R"({"ids":["7","8"],"graceMs":1000})");
}

}  // namespace
}  // namespace faasbatch::pods
