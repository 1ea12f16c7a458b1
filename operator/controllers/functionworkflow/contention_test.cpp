#include "operator/controllers/functionworkflow/contention.h"

#include <gtest/gtest.h>

namespace faasbatch::controllers {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kOurs = 1;
constexpr std::size_t kTheirs = 2;

class ContentionTest : public ::testing::Test {
 protected:
  // Ours is in place since now.
  ContentionTest() { contention.wrote(kOurs, {.status = 0, .version = "1", .generation = 1}, now); }

  // Somebody else writes at once, and we as soon as we may: how long that takes.
  base::Duration answer() {
    const Contention::Seen seen{.status = kTheirs, .version = std::to_string(++version), .generation = 1};
    EXPECT_TRUE(contention.foreign(seen));
    const base::Instant at = std::max(now, contention.mayWriteAt(seen));
    const base::Duration waited = at - now;
    now = at;
    contention.wrote(kOurs, seen, now);
    return waited;
  }

  base::Instant now{1'000'000'000'000};
  int version = 1;
  Contention contention;
};

TEST_F(ContentionTest, OneThatAnswersAtOnceIsFoughtEverMoreSlowly) {
  for (const base::Duration wanted : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) EXPECT_EQ(answer(), wanted);
}

TEST_F(ContentionTest, ASingleChangeIsPutRightAtOnce) {
  for (int i = 0; i < 3; ++i) {
    now = now + 10min;
    EXPECT_EQ(answer(), 0s);
  }
}

TEST_F(ContentionTest, IsForgottenInPeace) {
  for (int i = 0; i < 5; ++i) answer();
  now = now + 5min;
  EXPECT_EQ(answer(), 0s);
  EXPECT_EQ(answer(), 1s);
}

TEST_F(ContentionTest, IsNotWhatWeWroteNorWhatIsOldNorTheFirst) {
  EXPECT_FALSE(contention.foreign({.status = kOurs, .version = "2", .generation = 1}));
  EXPECT_FALSE(contention.foreign({.status = 0, .version = "1", .generation = 1})) << "news are late";
  EXPECT_FALSE(Contention().foreign({.status = kTheirs, .version = "1", .generation = 1}));
  EXPECT_EQ(Contention().mayWriteAt({.status = kTheirs, .version = "1", .generation = 1}), base::Instant{});
}

TEST_F(ContentionTest, DoesNotHoldUpANewGeneration) {
  for (int i = 0; i < 5; ++i) answer();
  EXPECT_EQ(contention.mayWriteAt({.status = kTheirs, .version = "99", .generation = 2}), base::Instant{});
}

}  // namespace
}  // namespace faasbatch::controllers
