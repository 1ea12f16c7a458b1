#include "node-agent/peers/contact.h"

#include <gtest/gtest.h>

namespace faasbatch::peers {
namespace {

using namespace std::chrono_literals;
using enum Contact::News;

constexpr base::Instant kStart{1'000'000'000'000};

TEST(Contact, IsUpFromTheFirstAnswer) {
  Contact contact(10s);
  EXPECT_FALSE(contact.answers());
  EXPECT_EQ(contact.heard("one"), kUp);
  EXPECT_TRUE(contact.answers());
  EXPECT_EQ(contact.heard("one"), kNone);
}

TEST(Contact, TellsAnotherProcess) {
  Contact contact(10s);
  contact.heard("one");
  EXPECT_EQ(contact.heard("two"), kRestarted);
  EXPECT_EQ(contact.heard("two"), kNone);
  contact.failed(kStart);
  EXPECT_EQ(contact.heard("three"), kRestarted);
  EXPECT_EQ(contact.incarnation(), "three");
}

TEST(Contact, LeavesUntilAnotherProcessIsThere) {
  Contact contact(10s);
  contact.heard("one");
  contact.leaves();
  contact.heard("one");
  EXPECT_TRUE(contact.leaving());
  contact.failed(kStart);
  EXPECT_TRUE(contact.leaving());
  contact.heard("two");
  EXPECT_FALSE(contact.leaving());
}

TEST(Contact, IsLostOnceAfterItsPatience) {
  Contact contact(10s);
  contact.heard("one");
  EXPECT_EQ(contact.failed(kStart), kNone);
  EXPECT_FALSE(contact.answers());
  EXPECT_EQ(contact.failed(kStart + 9s), kNone);
  EXPECT_EQ(contact.failed(kStart + 10s), kLost);
  EXPECT_EQ(contact.failed(kStart + 20s), kNone);
  EXPECT_TRUE(contact.lost());
  EXPECT_EQ(contact.heard("one"), kUp);
  EXPECT_FALSE(contact.lost());
  EXPECT_EQ(contact.failed(kStart + 30s), kNone);
  EXPECT_EQ(contact.failed(kStart + 40s), kLost);
}

TEST(Contact, IsLostWithoutEverHavingAnswered) {
  Contact contact(1s);
  contact.failed(kStart);
  EXPECT_EQ(contact.failed(kStart + 1s), kLost);
  EXPECT_EQ(contact.heard("one"), kUp);
}

TEST(Contact, AShortFailureIsNoNews) {
  Contact contact(10s);
  contact.heard("one");
  contact.failed(kStart);
  EXPECT_EQ(contact.heard("one"), kNone);
  EXPECT_EQ(contact.failed(kStart + 11s), kNone);  // counted from here
}

TEST(Contact, BacksOffMoreAndMore) {
  Contact contact(10s);
  EXPECT_EQ(contact.backoff(), 0ms);
  contact.failed(kStart);
  EXPECT_EQ(contact.backoff(), kFirstBackoff);
  contact.failed(kStart);
  EXPECT_EQ(contact.backoff(), 2 * kFirstBackoff);
  for (int i = 0; i < 100; ++i) contact.failed(kStart);
  EXPECT_EQ(contact.backoff(), kMaxBackoff);
  contact.heard("one");
  EXPECT_EQ(contact.backoff(), 0ms);
}

}  // namespace
}  // namespace faasbatch::peers
