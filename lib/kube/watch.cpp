#include "lib/kube/watch.h"

#include <algorithm>

#include "lib/kube/backoff.h"
#include "lib/kube/presence.h"

namespace faasbatch::kube {
namespace {

using Phase = WatchState::Phase;
using Kind = WatchStep::Kind;

// `error` nullptr: the watch ended too soon.
WatchStep waitAfterFailure(WatchState& state, const ApiError* error, double random) {
  state.away = error != nullptr && hadNoAnswer(*error);
  const base::Duration wait = backoff(kWatchBackoffInitial, kWatchBackoffMax, state.failures++);
  const base::Duration least = error != nullptr ? error->retryAfter : base::Duration(0);
  return {.kind = Kind::kWait, .wait = least + fullJitter(wait, random)};
}

void worksAgain(WatchState& state) {
  state.failures = 0;
  state.woken = 0;
}

// The server will not take up a watch from this version, however often it is asked.
bool mustListAnew(const ApiError& error) {
  if (error.expired()) return true;
  const bool refused = error.status >= 400 && error.status < 500;
  return refused && error.status != 401 && error.status != 403 && error.status != 408 && error.status != 429;
}

void forget(WatchState& state) {
  state.phase = Phase::kEmpty;
  state.resourceVersion.clear();
  state.next.clear();
  state.silent = 0;
}

}  // namespace

WatchStep begin(WatchState& state) {
  if (state.phase == Phase::kEmpty) state.phase = Phase::kListing;
  if (state.phase == Phase::kListing) return {.kind = Kind::kList};
  state.phase = Phase::kWatching;
  state.told = false;
  return {.kind = Kind::kWatch};
}

WatchStep onPage(WatchState& state, const std::string& resourceVersion, const std::string& next) {
  state.next = next;
  if (!next.empty()) return {.kind = Kind::kList};
  state.resourceVersion = resourceVersion;
  state.phase = Phase::kListed;
  return begin(state);
}

WatchStep onListFailed(WatchState& state, const ApiError& error, double random) {
  forget(state);
  return waitAfterFailure(state, &error, random);
}

void onEvent(WatchState& state, const std::string& resourceVersion) {
  if (!resourceVersion.empty()) state.resourceVersion = resourceVersion;
  state.told = true;
  worksAgain(state);
  state.silent = 0;
}

WatchStep onWatchEnd(WatchState& state, const ApiError* error, base::Duration lasted, double random) {
  state.phase = Phase::kListed;
  const bool worked = state.told || lasted >= kShortWatch;
  if (worked) worksAgain(state);
  if (worked && !state.told && ++state.silent >= kSilentWatches) forget(state);
  if (error == nullptr && worked) return begin(state);
  if (error != nullptr && mustListAnew(*error)) forget(state);
  return waitAfterFailure(state, error, random);
}

base::Duration onBack(WatchState& state, base::Duration waited, base::Duration left, double random) {
  if (!state.away) return left;
  const base::Duration least =
      state.woken == 0 ? base::Duration(0) : backoff(kWatchBackoffInitial, kWatchBackoffMax, state.woken);
  const base::Duration wait = std::max(least - waited, base::Duration(0)) + fullJitter(kBackSpread, random);
  if (wait >= left) return left;
  state.failures =
      std::min(state.failures, state.woken++);  // those of the outage say nothing of what comes now
  state.away = false;
  return wait;
}

base::Duration watchTime(double random) { return kWatchTime / 2 + fullJitter(kWatchTime / 2, random); }

}  // namespace faasbatch::kube
