#include "lib/kube/event_aggregator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/json/check.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;
using Kind = EventWrite::Kind;

constexpr base::Instant kNow{1'700'000'000'000'000'000};

class EventAggregatorTest : public testing::Test {
 protected:
  static EventNote note(const std::string& text = "placed", const std::string& object = "wordcount") {
    return {.regarding = {"faasbatch.io/v1alpha1", "FunctionWorkflow", {"ns", object}, "uid-" + object},
            .reason = "Placed",
            .action = "Place",
            .note = text};
  }
  EventAggregator events_{"faasbatch.io/operator", "operator-0"};
};

TEST_F(EventAggregatorTest, WritesANewOneAtOnce) {
  const auto write = events_.record(note(), kNow);
  ASSERT_TRUE(write);
  EXPECT_EQ(write->kind, Kind::kCreate);
  EXPECT_EQ(write->key.nameSpace, "ns");
  EXPECT_THAT(write->key.name, MatchesRegex("wordcount\\.[0-9a-f]+"));
  EXPECT_EQ(
      write->json,
      R"({"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"namespace":"ns","name":")" +
          write->key.name +
          R"("},"eventTime":"2023-11-14T22:13:20.000000Z","reportingController":"faasbatch.io/operator",)"
          R"("reportingInstance":"operator-0","action":"Place","reason":"Placed","type":"Normal",)"
          R"("regarding":{"apiVersion":"faasbatch.io/v1alpha1","kind":"FunctionWorkflow","namespace":"ns",)"
          R"("name":"wordcount","uid":"uid-wordcount"},"note":"placed"})");
  EXPECT_EQ(events_.next(), base::Instant::never());
}

TEST_F(EventAggregatorTest, CountsEqualOnesInASeriesThatIsWrittenNowAndThen) {
  const auto first = events_.record(note(), kNow);
  for (int i = 1; i <= 5; ++i) EXPECT_FALSE(events_.record(note(), kNow + i * 1s));
  EXPECT_FALSE(events_.due(kNow + 29s));
  EXPECT_EQ(events_.next(), kNow + 30s);
  const auto series = events_.due(kNow + 30s);
  ASSERT_TRUE(series);
  EXPECT_EQ(series->kind, Kind::kSeries);
  EXPECT_EQ(series->key, first->key);
  EXPECT_EQ(series->json, R"({"series":{"count":6,"lastObservedTime":"2023-11-14T22:13:25.000000Z"}})");
  EXPECT_FALSE(events_.due(kNow + 10min));
  EXPECT_FALSE(events_.record(note(), kNow + 40s));
  EXPECT_EQ(events_.next(), kNow + 60s);
}

TEST_F(EventAggregatorTest, BeginsAnewAfterTenMinutesOrWhenTheEventIsGone) {
  const auto first = events_.record(note(), kNow);
  EXPECT_FALSE(events_.record(note(), kNow + 9min));
  const auto second = events_.record(note(), kNow + 19min);
  ASSERT_TRUE(second);
  EXPECT_NE(second->key, first->key);
  events_.forget(second->key);
  EXPECT_TRUE(events_.record(note(), kNow + 19min));
}

TEST_F(EventAggregatorTest, TellsNotesApart) {
  EXPECT_TRUE(events_.record(note("a"), kNow));
  EXPECT_TRUE(events_.record(note("b"), kNow));
  EventNote warning = note("a");
  warning.type = EventType::kWarning;
  EXPECT_TRUE(events_.record(warning, kNow));
  EXPECT_TRUE(events_.record(note("a", "other"), kNow));
  EXPECT_FALSE(events_.record(note("a"), kNow));
}

TEST_F(EventAggregatorTest, BoundsWhatOneObjectCanCause) {
  for (std::uint32_t i = 0; i < kEventBurst; ++i) EXPECT_TRUE(events_.record(note(std::to_string(i)), kNow));
  EXPECT_FALSE(events_.record(note("one more"), kNow));
  EXPECT_EQ(events_.dropped(), 1U);
  EXPECT_TRUE(events_.record(note("another", "other"), kNow));
  EXPECT_FALSE(events_.record(note("one more"), kNow + (kEventRefill - 1ns)));
  EXPECT_TRUE(events_.record(note("one more"), kNow + kEventRefill));
  EXPECT_FALSE(events_.record(note("two more"), kNow + kEventRefill));
  EXPECT_TRUE(events_.record(note("two more"), kNow + 2 * kEventRefill));
}

TEST_F(EventAggregatorTest, LetsASeriesWaitForABudgetToo) {
  for (std::uint32_t i = 0; i < kEventBurst; ++i) EXPECT_TRUE(events_.record(note(std::to_string(i)), kNow));
  EXPECT_FALSE(events_.record(note("0"), kNow + 1s));
  EXPECT_EQ(events_.next(), kNow + kEventRefill);
  EXPECT_FALSE(events_.due(kNow + 1min));
  EXPECT_TRUE(events_.due(kNow + kEventRefill));
}

TEST_F(EventAggregatorTest, CutsWhatIsTooLong) {
  EventNote long_ = note(std::string(1023, 'x') + "é" + std::string(9000, 'y'), std::string(253, 'n'));
  long_.reason = std::string(500, 'R');
  const auto write = events_.record(long_, kNow);
  ASSERT_TRUE(write);
  EXPECT_TRUE(json::check(write->json));
  EXPECT_THAT(write->json, HasSubstr("\"note\":\"" + std::string(1023, 'x') + "\""));
  EXPECT_THAT(write->json, HasSubstr("\"reason\":\"" + std::string(128, 'R') + "\""));
  EXPECT_LE(write->key.name.size(), 253U);
}

TEST_F(EventAggregatorTest, PutsThoseOfObjectsWithoutNamespaceIntoDefault) {
  EventNote node{.regarding = {"v1", "Node", {"", "worker"}, ""}, .reason = "R", .action = "A", .note = "n"};
  const auto write = events_.record(node, kNow);
  ASSERT_TRUE(write);
  EXPECT_EQ(write->key.nameSpace, "default");
  EXPECT_THAT(write->json, HasSubstr(R"("regarding":{"apiVersion":"v1","kind":"Node","name":"worker"})"));
}

TEST_F(EventAggregatorTest, RemembersABoundedNumber) {
  for (std::size_t i = 0; i < kMaxEventSeries + 100; ++i) {
    EXPECT_TRUE(events_.record(note("n", "object-" + std::to_string(i)), kNow + i * 1ms));
  }
  EXPECT_EQ(events_.size(), kMaxEventSeries);
  EXPECT_TRUE(events_.record(note("n", "object-0"), kNow + 1min));  // the oldest was let go
  EXPECT_FALSE(events_.record(note("n", "object-2000"), kNow + 1min));
}

}  // namespace
}  // namespace faasbatch::kube
