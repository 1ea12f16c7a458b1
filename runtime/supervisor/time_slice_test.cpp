#include "runtime/supervisor/time_slice.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace faasbatch::supervisor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TimeSlice, IsOverWhenItIsComputedAway) {
  struct Case {
    const char* what;
    SliceFacts facts;
    std::optional<base::Duration> next;
  };
  const Case cases[] = {
      {"at its start", {.slice = milliseconds(20)}, milliseconds(20)},
      {"half of it",
       {milliseconds(20), milliseconds(10), milliseconds(0), milliseconds(20)},
       milliseconds(10)},
      {"all of it", {milliseconds(20), milliseconds(20), milliseconds(10), milliseconds(10)}, std::nullopt},
      {"more than that", {milliseconds(20), seconds(3), milliseconds(0), milliseconds(20)}, std::nullopt},
      {"almost", {milliseconds(20), milliseconds(20) - base::Duration(1), {}, milliseconds(20)}, kLeastPause},
      {"it waits", {milliseconds(20), milliseconds(5), milliseconds(5), milliseconds(20)}, milliseconds(40)},
      {"it waits on", {milliseconds(20), milliseconds(5), milliseconds(5), milliseconds(80)}, kMostPause},
      {"it has waited", {milliseconds(20), milliseconds(6), milliseconds(5), kMostPause}, milliseconds(14)},
      {"a long one", {seconds(60), milliseconds(1), {}, {}}, kMostPause},
  };
  for (const Case& one : cases) EXPECT_EQ(judgeSlice(one.facts), one.next) << one.what;
}

TEST(TimeSlice, KnowsWhatAProcessHasComputed) {
  const auto before = computedBy(::getpid());
  ASSERT_TRUE(before);
  while (computedBy(::getpid()) < *before + milliseconds(5)) {
  }
  EXPECT_GE(computedBy(::getpid()), *before + milliseconds(5));
  EXPECT_EQ(computedBy((1 << 22) + 1), std::nullopt) << "beyond what numbers the kernel gives";
}

}  // namespace
}  // namespace faasbatch::supervisor
