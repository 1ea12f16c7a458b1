#include "lib/kube/watch.h"

#include "lib/kube/backoff.h"

namespace faasbatch::kube {
namespace {

using Phase = WatchState::Phase;
using Kind = WatchStep::Kind;

WatchStep waitAfterFailure(WatchState& state, base::Duration retryAfter, double random) {
  const base::Duration wait = backoff(kWatchBackoffInitial, kWatchBackoffMax, state.failures++);
  return {.kind = Kind::kWait, .wait = retryAfter + fullJitter(wait, random)};
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
  return waitAfterFailure(state, error.retryAfter, random);
}

void onEvent(WatchState& state, const std::string& resourceVersion) {
  if (!resourceVersion.empty()) state.resourceVersion = resourceVersion;
  state.told = true;
  state.failures = 0;
  state.silent = 0;
}

WatchStep onWatchEnd(WatchState& state, const ApiError* error, base::Duration lasted, double random) {
  state.phase = Phase::kListed;
  const bool worked = state.told || lasted >= kShortWatch;
  if (worked) state.failures = 0;
  if (worked && !state.told && ++state.silent >= kSilentWatches) forget(state);
  if (error == nullptr && worked) return begin(state);
  if (error != nullptr && mustListAnew(*error)) forget(state);
  return waitAfterFailure(state, error != nullptr ? error->retryAfter : base::Duration(0), random);
}

base::Duration watchTime(double random) { return kWatchTime / 2 + fullJitter(kWatchTime / 2, random); }

}  // namespace faasbatch::kube
