#include "lib/workflow/duration.h"

#include <gtest/gtest.h>

#include "lib/workflow/names.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {
namespace {

TEST(Duration, ReadsWhatGoWrites) {
  const std::pair<std::string_view, std::int64_t> cases[] = {{"0", 0},
                                                             {"0s", 0},
                                                             {"50ms", 50'000'000},
                                                             {"1m30s", 90'000'000'000},
                                                             {"0.5s", 500'000'000},
                                                             {".5s", 500'000'000},
                                                             {"1.s", 1'000'000'000},
                                                             {"1h1m1s1ms1us1ns", 3'661'001'001'001},
                                                             {"3µs", 3'000},
                                                             {"3μs", 3'000},
                                                             {"600s", 600'000'000'000},
                                                             {"1.0000000000000000000000001s", 1'000'000'000},
                                                             {"2562047h", 2562047LL * 3'600'000'000'000}};
  for (const auto& [text, ns] : cases) EXPECT_EQ(parseDuration(text), base::Duration(ns)) << text;
}

TEST(Duration, RefusesAllElse) {
  for (const std::string_view text :
       {"", "soon", "5", "s", ".s", "1", "-1s", "+1s", "1 s", " 1s", "1s ", "1d", "1S", "1s1", "1..5s",
        "2562048h", "99999999999999999999s", "1e3s"}) {
    EXPECT_FALSE(parseDuration(text).has_value()) << text;
  }
}

TEST(Duration, WritesWhatReadsBack) {
  EXPECT_EQ(formatDuration(base::Duration(90'000'000'000)), "1m30s");
  EXPECT_EQ(formatDuration(base::Duration(0)), "0s");
  for (const std::int64_t ns : {1LL, 999LL, 50'000'000LL, 3'661'001'001'001LL, 9'000'000'000'000'000'000LL}) {
    EXPECT_EQ(parseDuration(formatDuration(base::Duration(ns))), base::Duration(ns));
  }
}

TEST(Suggest, FindsTheNearestName) {
  const std::string_view names[] = {"split", "count", "merge", "output"};
  EXPECT_EQ(nearest("splt", names), "split");
  EXPECT_EQ(nearest("outputt", names), "output");
  EXPECT_EQ(nearest("mrege", names), "merge");
  EXPECT_EQ(nearest("Count", names), "count");
  EXPECT_EQ(nearest("zz", names), std::nullopt);
  EXPECT_EQ(nearest("", names), std::nullopt);
  EXPECT_EQ(nearest(std::string(10'000, 'a'), names), std::nullopt);
  EXPECT_EQ(unknownName("step", "x\n" + std::string(200, 'y'), names),
            "unknown step \"x\\n" + std::string(98, 'y') + "...\"");
}

TEST(Names, OfMembersInPaths) {
  EXPECT_EQ(memberPath("spec", "steps"), "spec.steps");
  EXPECT_EQ(memberPath("", "kind"), "kind");
  EXPECT_EQ(memberPath("labels", "a.b/c"), "labels[a.b/c]");
  EXPECT_TRUE(isDottedName("a.b_1", 2));
  EXPECT_FALSE(isDottedName("a.", 1));
  EXPECT_FALSE(isDottedName(".a", 1));
  EXPECT_TRUE(checkStepName(std::string(63, 'a')).empty());
  EXPECT_FALSE(checkStepName(std::string(64, 'a')).empty());
}

}  // namespace
}  // namespace faasbatch::workflow
