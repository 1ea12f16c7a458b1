#include "node-agent/runs/measures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::runs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MeasuresTest : public ::testing::Test {
 protected:
  void run(base::Duration total, const std::vector<engine::StepMeasured>& steps = {}) {
    measures.began("shop", "order");
    measures.ended("shop", "order", now, total, steps);
  }
  cluster::WorkflowReport report(const std::string& name = "order") const {
    cluster::WorkflowReport report{.nameSpace = "shop", .name = name};
    measures.fill(report, now);
    return report;
  }

  Measures measures;
  base::Instant now = base::Instant() + std::chrono::hours(1);
};

TEST_F(MeasuresTest, CountRunsUnderWayAndThoseOfTheLastMinute) {
  measures.began("shop", "order");
  measures.began("shop", "order");
  measures.began("shop", "order");
  measures.dropped("shop", "order");
  EXPECT_EQ(report().active, 2U);
  measures.ended("shop", "order", now, seconds(1), {});
  EXPECT_EQ(report().active, 1U);
  EXPECT_EQ(report().runs, 1U);
  EXPECT_EQ(report("other").runs, 0U);
  now = now + kRecently + milliseconds(1);
  EXPECT_EQ(report().runs, 0U);
  EXPECT_EQ(report().p95, base::Duration(0));
  EXPECT_EQ(report().active, 1U);
}

TEST_F(MeasuresTest, GiveThe95thPercentile) {
  for (int i = 100; i > 0; --i) run(milliseconds(i));
  EXPECT_EQ(report().p95, milliseconds(95));
}

TEST_F(MeasuresTest, KeepTheLastRunsOnly) {
  for (std::size_t i = 0; i < kMaxRecent + 10; ++i) run(milliseconds(1));
  EXPECT_EQ(report().runs, kMaxRecent);
}

TEST_F(MeasuresTest, MeansFollowWhatIsMeasured) {
  run(seconds(1), {{"a", milliseconds(10), 100}});
  run(seconds(1), {{"a", milliseconds(20), 200}, {"b", milliseconds(1), 4}});
  EXPECT_THAT(report().steps, ElementsAre(cluster::StepMeasure{"a", 2, milliseconds(15), 150},
                                          cluster::StepMeasure{"b", 1, milliseconds(1), 4}));
  for (int i = 0; i < 200; ++i) run(seconds(1), {{"a", milliseconds(40), 400}});
  EXPECT_NEAR(static_cast<double>(report().steps[0].time.count()), 40e6, 0.1e6);
}

TEST_F(MeasuresTest, ForgetWhatIsServedNoMore) {
  run(seconds(1), {{"a", milliseconds(10), 100}});
  measures.began("shop", "order");
  measures.forget("shop", "order");
  EXPECT_THAT(report().steps, IsEmpty());
  EXPECT_EQ(report().active, 1U) << "it still runs";
}

}  // namespace
}  // namespace faasbatch::runs
