#include "node-agent/runs/memory_bounds.h"

#include <gmock/gmock.h>

namespace faasbatch::runs {
namespace {

using ::testing::HasSubstr;

constexpr MemoryBounds kBounds{.all = 800};

TEST(MemoryBounds, LeaveEachLevelRoomForTheOneBelow) {
  EXPECT_LT(kBounds.ahead(), kBounds.one());
  EXPECT_LT(kBounds.one(), kBounds.all);
  EXPECT_LE(kBounds.aheadOfAll(), kBounds.all);
  EXPECT_LT(kBounds.all, kBounds.grown());
  EXPECT_LT(kBounds.grown(), 2 * kBounds.all) << "the pod may have twice as much";
}

TEST(MemoryBounds, LetOneCallThroughWhateverIsHeldElsewhere) {
  EXPECT_TRUE(hasRoom(kBounds, 0, 10'000, 10'000));
  EXPECT_TRUE(hasRoom(kBounds, 1, 99, 1));
  EXPECT_FALSE(hasRoom(kBounds, 1, 100, 1));  // of the run
  EXPECT_TRUE(hasRoom(kBounds, 1, 0, 400));
  EXPECT_FALSE(hasRoom(kBounds, 1, 1, 400));  // of all
}

TEST(MemoryBounds, AreNamedWhereOneIsPassed) {
  EXPECT_THAT(oneIsTooLarge(kBounds, 401), HasSubstr("401 bytes"));
  EXPECT_THAT(oneIsTooLarge(kBounds, 401), HasSubstr("by 400 (half of --max-run-memory)"));
  EXPECT_THAT(allAreTooLarge(kBounds, 7, 1201), HasSubstr("1201 bytes"));
  EXPECT_THAT(allAreTooLarge(kBounds, 7, 1201), HasSubstr("by 1200 (one and a half of --max-run-memory)"));
}

}  // namespace
}  // namespace faasbatch::runs
