#include "lib/base/descriptor_limit.h"

#include <gtest/gtest.h>

namespace faasbatch::base {
namespace {

TEST(DescriptorLimit, IsRaisedToTheHardOneWithinReason) {
  constexpr rlim_t kMost = kMostDescriptors;
  EXPECT_EQ(raisedDescriptorLimit({1024, 4096}), 4096U);
  EXPECT_EQ(raisedDescriptorLimit({1024, 1024}), 1024U);
  EXPECT_EQ(raisedDescriptorLimit({1024, kMost + 1}), kMost);
  EXPECT_EQ(raisedDescriptorLimit({1024, RLIM_INFINITY}), kMost);
  EXPECT_EQ(raisedDescriptorLimit({kMost + 1, kMost + 2}), kMost + 1);  // never lowered
  EXPECT_EQ(raisedDescriptorLimit({RLIM_INFINITY, RLIM_INFINITY}), RLIM_INFINITY);
}

TEST(DescriptorLimit, IsRememberedAsItWas) {
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  if (old.rlim_max < 200) GTEST_SKIP() << "the hard limit is " << old.rlim_max;
  EXPECT_FALSE(descriptorLimitBefore());
  const rlimit low{.rlim_cur = 100, .rlim_max = old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  raiseDescriptorLimit();
  rlimit now{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &now), 0);
  EXPECT_EQ(now.rlim_cur, raisedDescriptorLimit(low));
  EXPECT_EQ(now.rlim_max, old.rlim_max);
  ASSERT_TRUE(descriptorLimitBefore());
  EXPECT_EQ(descriptorLimitBefore()->rlim_cur, 100U);
  raiseDescriptorLimit();  // nothing is left to raise, nothing forgotten
  EXPECT_EQ(descriptorLimitBefore()->rlim_cur, 100U);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
}

}  // namespace
}  // namespace faasbatch::base
