#include "node-agent/batching/time_slice.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace faasbatch::batching {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

base::Duration sliceAfter(std::uint32_t processors, std::initializer_list<base::Duration> gaps) {
  TimeSlice slice(processors);
  base::Instant now{seconds(5).count() * 1'000'000'000};
  slice.arrived(now);
  for (const base::Duration gap : gaps) slice.arrived(now = now + gap);
  return slice.slice();
}

TEST(TimeSlice, IsTheMeanGapTimesTheProcessors) {
  EXPECT_EQ(TimeSlice(4).slice(), TimeSlice::kFirstSlice) << "nothing has come";
  EXPECT_EQ(sliceAfter(4, {}), TimeSlice::kFirstSlice) << "one call makes no gap";
  EXPECT_EQ(sliceAfter(1, {milliseconds(20)}), milliseconds(20));
  EXPECT_EQ(sliceAfter(4, {milliseconds(20), milliseconds(40)}), milliseconds(120));
  EXPECT_EQ(sliceAfter(0, {milliseconds(20)}), milliseconds(20)) << "there is a processor at least";
  EXPECT_EQ(sliceAfter(8, {milliseconds(0), milliseconds(0)}), TimeSlice::kLeastSlice) << "a burst";
  EXPECT_EQ(sliceAfter(2, {hours(9), milliseconds(100)}), milliseconds(1100)) << "a night counts as a second";
}

TEST(TimeSlice, ForgetsWhatIsLongAgo) {
  TimeSlice slice(1);
  base::Instant now;
  slice.arrived(now);
  for (std::size_t i = 0; i < TimeSlice::kSliceArrivals; ++i) slice.arrived(now = now + milliseconds(500));
  EXPECT_EQ(slice.slice(), milliseconds(500));
  for (std::size_t i = 0; i < TimeSlice::kSliceArrivals / 2; ++i) slice.arrived(now = now + milliseconds(10));
  EXPECT_EQ(slice.slice(), milliseconds(255));
  for (std::size_t i = 0; i < TimeSlice::kSliceArrivals / 2; ++i) slice.arrived(now = now + milliseconds(10));
  EXPECT_EQ(slice.slice(), milliseconds(10));
}

}  // namespace
}  // namespace faasbatch::batching
