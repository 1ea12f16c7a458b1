// Records of steps that had several owners.
#include "node-agent/engine/record_merge.h"

#include <gtest/gtest.h>

namespace faasbatch::engine {
namespace {

const char* const kDone =
    R"({"name":"s","index":[0],"status":"Succeeded","attempts":[{"number":1,"status":"Succeeded"}]})";
const char* const kUnderWay =
    R"({"name":"s","index":[1],"status":"Running","attempts":[{"number":1,"status":"Failed","error":{"type":"X"}},)"
    R"({"number":2,"status":"Running","error":null}]})";

TEST(RecordMerge, ClosesWhatWasUnderWay) {
  const StepRecords records{std::string(kDone) + "," + kUnderWay, 2, false};
  const StepRecords closedOnes = closed(records, {"PodLost", "b is \"lost\""});
  EXPECT_EQ(closedOnes.count, 2);
  EXPECT_EQ(closedOnes.json,
            std::string(kDone) +
                R"(,{"name":"s","index":[1],"status":"Failed","attempts":[{"number":1,"status":"Failed",)"
                R"("error":{"type":"X"}},{"number":2,"status":"Failed","error":{"type":"PodLost",)"
                R"("message":"b is \"lost\""}}]})");
}

TEST(RecordMerge, AddsAttemptsToTheSameStep) {
  const StepRecords earlier{R"({"name":"s","index":[],"status":"Failed","attempts":[{"number":1}]})", 1,
                            true};
  const StepRecords later{R"({"name":"t","index":[],"status":"Skipped","attempts":[]},)"
                          R"({"name":"s","index":[],"status":"Succeeded","attempts":[{"number":2}]})",
                          2, false};
  const StepRecords both = merged(earlier, later);
  EXPECT_EQ(both.count, 2);
  EXPECT_TRUE(both.truncated);
  EXPECT_EQ(both.json,
            R"({"name":"s","index":[],"status":"Succeeded","attempts":[{"number":1},{"number":2}]},)"
            R"({"name":"t","index":[],"status":"Skipped","attempts":[]})");
}

// Steps of a group that was tried again are there once for each try.
TEST(RecordMerge, TakesRepeatedStepsOneByOne) {
  const std::string first = R"({"name":"s","index":[],"status":"Failed","attempts":[{"number":1}]})";
  const std::string second = R"({"name":"s","index":[],"status":"Succeeded","attempts":[{"number":2}]})";
  const StepRecords both =
      merged({first + "," + first, 2, false}, {second + "," + second + "," + second, 3, false});
  EXPECT_EQ(both.count, 3);
}

TEST(RecordMerge, OfNothingIsTheOther) {
  const StepRecords records{kDone, 1, false};
  EXPECT_EQ(merged({}, records), records);
  EXPECT_EQ(merged(records, {}), records);
  EXPECT_EQ(closed({}, {"PodLost", ""}).count, 0);
}

TEST(RecordMerge, OfTextThatIsNoRecordCrashesNothing) {
  for (const char* text : {"{", "1,2", "null", R"({"attempts":3})", R"({"attempts":[})"}) {
    merged({text, 1, false}, {text, 1, false});
    closed({text, 1, false}, {"PodLost", ""});
  }
}

}  // namespace
}  // namespace faasbatch::engine
