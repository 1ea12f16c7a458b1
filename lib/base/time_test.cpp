#include "lib/base/time.h"

#include <gtest/gtest.h>

#include "lib/base/fake_loop.h"
#include "lib/base/ids.h"

namespace faasbatch::base {
namespace {

TEST(Instant, SaturatesInsteadOfWrapping) {
  EXPECT_EQ(Instant{5} + Duration::max(), Instant::never());
  EXPECT_EQ(Instant::never() + std::chrono::hours(1), Instant::never());
  EXPECT_EQ(Instant{7} - Instant{2}, Duration(5));
}

TEST(Instant, FormatsAsRfc3339) {
  EXPECT_EQ(formatRfc3339({0}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(formatRfc3339({1'700'000'000'123'456'789}), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(formatRfc3339({-1}), "1969-12-31T23:59:59.999999Z");
}

TEST(Instant, IsReadFromRfc3339) {
  const auto ns = [](std::string_view text) { return parseRfc3339(text).value_or(Instant::never()).ns; };
  EXPECT_EQ(ns("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ns("2023-11-14T22:13:20.123456Z"), 1'700'000'000'123'456'000);
  EXPECT_EQ(ns("2023-11-15t00:13:20.1234567891+02:00"), 1'700'000'000'123'456'789);
  EXPECT_EQ(ns("2023-11-14T14:43:20-07:30"), 1'700'000'000'000'000'000);
  EXPECT_EQ(ns("2024-02-29 00:00:00z"), 1'709'164'800'000'000'000);
  for (const char* text :
       {"", "2023", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-01-01T24:00:00Z",
        "2023-01-01T00:00:00", "2023-01-01T00:00:00.Z", "2023-01-01T00:00:00Z ", "2023-01-01T00:00:00+2:00",
        "-023-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "2023-01-01T-1:00:00Z"}) {
    EXPECT_EQ(parseRfc3339(text), std::nullopt) << text;
  }
}

TEST(SystemClock, NeverStepsBack) {
  const SystemClock clock;
  Instant last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    const Instant now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(InvocationId, IsAUuidV7InOrderOfTime) {
  const std::string earlier = newInvocationId({1'700'000'000'000'000'000});
  const std::string later = newInvocationId({1'700'000'000'001'000'000});
  EXPECT_EQ(earlier.size(), 36u);
  EXPECT_EQ(earlier[14], '7');
  EXPECT_LT(earlier, later);
  for (std::int64_t micros = 0; micros < 1'000; ++micros) {
    const std::int64_t at = 1'700'000'000'000'000'000 + micros * 1'000;
    ASSERT_LT(newInvocationId({at}), newInvocationId({at + 1'000}));
  }
  EXPECT_NE(newInvocationId({0}), newInvocationId({0}));
}

TEST(InvocationId, MayEndInAMark) {
  const std::string id = newInvocationId({1'700'000'000'000'000'000}, 0x0a1f);
  EXPECT_EQ(id.size(), 36u);
  EXPECT_TRUE(id.ends_with("0a1f"));
  EXPECT_EQ(markOf(id), 0x0a1f);
  EXPECT_NE(newInvocationId({0}, 1), newInvocationId({0}, 1));
  for (const char* other : {"", "x", "018bcfe5-6800-7000-8000-0123456789AF",
                            "018bcfe5-6800-7000-8000-0123456789ag", "018bcfe5-6800-7000-8000+0123456789af"}) {
    EXPECT_EQ(markOf(other), std::nullopt) << other;
  }
}

TEST(FakeLoop, FiresTimersInOrderAtTheirOwnTimes) {
  FakeLoop loop;
  const Instant start = loop.now();
  std::vector<std::pair<char, Duration>> fired;
  loop.after(Duration(30), [&] { fired.emplace_back('b', loop.now() - start); });
  loop.after(Duration(10), [&] { fired.emplace_back('a', loop.now() - start); });
  const TimerId cancelled = loop.after(Duration(20), [&] { fired.emplace_back('x', Duration(0)); });
  loop.cancel(cancelled);
  loop.advance(Duration(100));
  ASSERT_EQ(fired.size(), 2u);
  EXPECT_EQ(fired[0], std::pair('a', Duration(10)));
  EXPECT_EQ(fired[1], std::pair('b', Duration(30)));
  EXPECT_EQ(loop.now() - start, Duration(100));
}

}  // namespace
}  // namespace faasbatch::base
