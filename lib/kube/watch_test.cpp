#include "lib/kube/watch.h"

#include <gtest/gtest.h>

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;
using Phase = WatchState::Phase;
using Kind = WatchStep::Kind;

constexpr base::Duration kLong = 1min;

WatchState watching(const std::string& version = "5") {
  return {.phase = Phase::kWatching, .resourceVersion = version};
}

ApiError answered(int status) { return parseApiError(status, "", ""); }

TEST(Watch, ListsInPagesThenWatchesFromTheListsVersion) {
  WatchState state;
  EXPECT_EQ(begin(state).kind, Kind::kList);
  EXPECT_EQ(state.phase, Phase::kListing);
  EXPECT_EQ(onPage(state, "7", "more").kind, Kind::kList);
  EXPECT_EQ(state.next, "more");
  EXPECT_EQ(onPage(state, "7", "").kind, Kind::kWatch);
  EXPECT_EQ(state.phase, Phase::kWatching);
  EXPECT_EQ(state.resourceVersion, "7");
  EXPECT_EQ(state.next, "");
}

TEST(Watch, EventsAndBookmarksMoveTheVersion) {
  WatchState state = watching();
  state.failures = 4;
  onEvent(state, "6");
  EXPECT_EQ(state.resourceVersion, "6");
  EXPECT_EQ(state.failures, 0U);
  onEvent(state, "");  // says nothing new
  EXPECT_EQ(state.resourceVersion, "6");
  EXPECT_EQ(onWatchEnd(state, nullptr, 1s, 0.5).kind, Kind::kWatch);
  EXPECT_EQ(state.resourceVersion, "6");
}

TEST(Watch, IsTakenUpAgainAtOnceWhenTheServerEndsItInTime) {
  WatchState state = watching();
  EXPECT_EQ(onWatchEnd(state, nullptr, kLong, 0.5).kind, Kind::kWatch);
  EXPECT_EQ(state.phase, Phase::kWatching);
  EXPECT_EQ(state.resourceVersion, "5");
}

TEST(Watch, ThatSaysNothingForLongIsNotTrustedForEver) {
  WatchState state = watching();
  for (std::uint32_t i = 1; i < kSilentWatches; ++i) {
    EXPECT_EQ(onWatchEnd(state, nullptr, kLong, 0.5).kind, Kind::kWatch);
  }
  WatchState told = state;
  EXPECT_EQ(onWatchEnd(state, nullptr, kLong, 0.5).kind, Kind::kList);
  EXPECT_EQ(state.phase, Phase::kListing);
  onEvent(told, "6");
  for (std::uint32_t i = 0; i < kSilentWatches; ++i) {
    EXPECT_EQ(onWatchEnd(told, nullptr, kLong, 0.5).kind, Kind::kWatch);
  }
  EXPECT_EQ(onWatchEnd(told, nullptr, kLong, 0.5).kind, Kind::kList);
}

TEST(Watch, ThatEndsAtOnceAgainAndAgainIsNotAskedForWithoutEnd) {
  WatchState state = watching();
  base::Duration waited{0};
  for (int i = 0; i < 8; ++i) {
    const WatchStep step = onWatchEnd(state, nullptr, 10ms, 0.999);
    ASSERT_EQ(step.kind, Kind::kWait);
    EXPECT_GE(step.wait, waited);
    waited = step.wait;
    EXPECT_EQ(begin(state).kind, Kind::kWatch);
  }
  EXPECT_GT(waited, 25s);
  EXPECT_LE(waited, kWatchBackoffMax);
}

// What every way to end does from a watch at version 5: whether the version is kept.
TEST(Watch, EndsKnowWhatCanBeTakenUpAgain) {
  struct Case {
    ApiError error;
    bool kept;
  };
  ApiError future;
  future.status = 504;
  future.reason = "ResourceVersionTooLarge";
  const Case cases[] = {
      {answered(410), false},
      {{.status = 410, .reason = "Expired"}, false},
      {{.status = 200, .reason = "Expired"}, false},
      {future, false},
      {answered(400), false},
      {answered(404), false},
      {answered(401), true},
      {answered(403), true},
      {answered(408), true},
      {answered(429), true},
      {answered(500), true},
      {answered(503), true},
      {answered(504), true},
      {{.reason = "Unreachable"}, true},
      {{.reason = "ConnectionLost"}, true},
      {{.reason = "DeadlineExceeded"}, true},
      {{.reason = "InvalidResponse"}, true},
      {{.reason = "CredentialsUnavailable"}, true},
  };
  for (const auto& [error, kept] : cases) {
    WatchState state = watching();
    EXPECT_EQ(onWatchEnd(state, &error, kLong, 0.5).kind, Kind::kWait) << error.reason;
    EXPECT_EQ(state.phase, kept ? Phase::kListed : Phase::kEmpty) << error.status << error.reason;
    EXPECT_EQ(state.resourceVersion, kept ? "5" : "") << error.status << error.reason;
    EXPECT_EQ(begin(state).kind, kept ? Kind::kWatch : Kind::kList) << error.status << error.reason;
  }
}

TEST(Watch, FailedListsBeginAnew) {
  WatchState state;
  begin(state);
  onPage(state, "7", "more");
  const ApiError expired = answered(410);
  EXPECT_EQ(onListFailed(state, expired, 0.5).kind, Kind::kWait);
  EXPECT_EQ(state.phase, Phase::kEmpty);
  EXPECT_EQ(state.next, "");
  EXPECT_EQ(begin(state).kind, Kind::kList);
  EXPECT_EQ(onPage(state, "9", "").kind, Kind::kWatch);
  EXPECT_EQ(state.resourceVersion, "9");
}

TEST(Watch, BackoffDoublesWithFullJitterAndProgressResetsIt) {
  WatchState state;
  const ApiError error = answered(500);
  base::Duration most = kWatchBackoffInitial;
  for (int i = 0; i < 10; ++i) {
    WatchState copy = state;
    EXPECT_EQ(onListFailed(copy, error, 0).wait, 0s);
    const WatchStep step = onListFailed(state, error, 0.5);
    EXPECT_EQ(step.wait, most / 2);
    most = std::min(most * 2, kWatchBackoffMax);
  }
  begin(state);
  onPage(state, "7", "");
  EXPECT_EQ(state.failures, 10U);  // a list alone is no proof
  onEvent(state, "8");
  EXPECT_EQ(onWatchEnd(state, &error, 1s, 0.5).wait, kWatchBackoffInitial / 2);
}

TEST(Watch, ThatHeldForAWhileHasWorked) {
  WatchState state = watching();
  state.failures = 6;
  const ApiError error{.reason = "ConnectionLost"};
  EXPECT_LE(onWatchEnd(state, &error, kLong, 0.999).wait, kWatchBackoffInitial);
}

TEST(Watch, KeepsRetryAfterAndSpreadsItsReturn) {
  WatchState state = watching();
  ApiError error = answered(429);
  error.retryAfter = 10s;
  EXPECT_EQ(onWatchEnd(state, &error, 1s, 0).wait, 10s);
  EXPECT_GT(onWatchEnd(state, &error, 1s, 0.9).wait, 10s);
  EXPECT_EQ(onListFailed(state, error, 0).wait, 10s);
}

// The state of a watch whose server has been away for long, at the beginning of another wait.
WatchState away() {
  WatchState state = watching();
  const ApiError error{.reason = "Unreachable"};
  for (int i = 0; i < 9; ++i) {
    onWatchEnd(state, &error, 0s, 0.999);
    begin(state);
  }
  EXPECT_GT(onWatchEnd(state, &error, 0s, 0.999).wait, 29s);
  return state;
}

TEST(Watch, DoesNotWaitOnWhenTheServerIsBack) {
  WatchState state = away();
  EXPECT_EQ(onBack(state, 5s, 25s, 0), 0s);
  state = away();
  const base::Duration wait = onBack(state, 5s, 25s, 0.999);
  EXPECT_GT(wait, kBackSpread * 9 / 10);
  EXPECT_LT(wait, kBackSpread);
  EXPECT_EQ(onBack(state, 5s, wait, 0), wait) << "once is enough";
  EXPECT_EQ(begin(state).kind, Kind::kWatch);
  const ApiError starting = answered(403);
  EXPECT_LE(onWatchEnd(state, &starting, 0s, 0.999).wait, kWatchBackoffInitial)
      << "the backoff of the outage goes on";
}

TEST(Watch, WaitsNeverLongerForTheServersReturn) {
  WatchState state = away();
  EXPECT_EQ(onBack(state, 29s, 100ms, 0.999), 100ms);
}

TEST(Watch, WaitsOnAfterAFailureThatTheServerAnswered) {
  for (const int status : {403, 410, 429, 503}) {
    WatchState state = away();
    begin(state);
    const ApiError error = answered(status);
    onWatchEnd(state, &error, 0s, 0.999);
    EXPECT_EQ(onBack(state, 0s, 20s, 0), 20s) << status;
  }
  WatchState state = watching();
  onWatchEnd(state, nullptr, 10ms, 0.5);  // ended too soon, which is not the way to the server
  EXPECT_EQ(onBack(state, 0s, 20s, 0), 20s);
}

// A proxy that cuts watches alone, while all else is answered: the backoff comes back.
TEST(Watch, ThatFailsThoughTheServerIsBackIsAskedForEverLater) {
  WatchState state = away();
  const ApiError error{.reason = "ConnectionLost"};
  base::Duration before{0};
  for (int i = 0; i < 8; ++i) {
    const base::Duration wait = onBack(state, 0s, 1h, 0);
    EXPECT_GE(wait, before);
    before = wait;
    begin(state);
    onWatchEnd(state, &error, 10ms, 0.999);
  }
  EXPECT_EQ(before, kWatchBackoffMax);
  onEvent(state, "6");
  onWatchEnd(state, &error, 10ms, 0.999);
  EXPECT_EQ(onBack(state, 0s, 1h, 0), 0s) << "a watch that has worked begins anew";
}

TEST(Watch, TimesAreSpread) {
  EXPECT_EQ(watchTime(0), kWatchTime / 2);
  EXPECT_LT(watchTime(0.999), kWatchTime);
  EXPECT_GT(watchTime(0.999), kWatchTime * 9 / 10);
}

}  // namespace
}  // namespace faasbatch::kube
