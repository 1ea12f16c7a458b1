// Keeping up with a kind of object, as a state machine without a client around it.
//
//   kEmpty ──list──> kListing ──last page──> kListed ──watch──> kWatching
//     ^                 │ error: backoff         ^                │ end, timeout, lost, 429, 5xx:
//     ├─────────────────┘                        └────────────────┤ at the last version
//     └── 410 Gone, "Expired", as a status or as an event: backoff┘
//
// kEmpty     nothing is known: list from the start, in pages
// kListing   pages are coming in
// kListed    the store is as of `resourceVersion`: watch from there
// kWatching  events are coming in; each, and each bookmark, moves `resourceVersion`
//
// Errors never lose what is known: the store stays until a new list is complete (swap). The backoff doubles,
// with full jitter; it stands on top of a Retry-After, so that those who were told the same do not come back
// together. Only a watch that works resets it: one that gave an event or a bookmark, or held for a while. (A
// list does not: a server that lists well and ends every watch at once would be listed without end.)
//
// A wait that follows on a request without an answer ends early when the server answers another one (onBack),
// so that an outage is over for all watches at once. Each time that this has not made the watch work, the
// next one comes later after the failure, as the backoff would.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/time.h"
#include "lib/kube/error.h"

namespace faasbatch::kube {

inline constexpr base::Duration kWatchBackoffInitial = std::chrono::milliseconds(800);
inline constexpr base::Duration kWatchBackoffMax = std::chrono::seconds(30);
// The server ends a watch after this, more or less (full jitter over the second half), so that watches of
// many agents do not begin anew together.
inline constexpr base::Duration kWatchTime = std::chrono::minutes(15);
// One that ends sooner, and without an event, has not worked.
inline constexpr base::Duration kShortWatch = std::chrono::seconds(5);
// So many in a row that said nothing at all, not even a bookmark: list anew. The server may wait for a
// version that it will not reach for long, as one does that was restored from a backup.
inline constexpr std::uint32_t kSilentWatches = 3;

// What the watches of many agents, whose server is back, are spread over.
inline constexpr base::Duration kBackSpread = std::chrono::seconds(1);

struct WatchState {
  enum class Phase { kEmpty, kListing, kListed, kWatching };
  Phase phase = Phase::kEmpty;
  std::string resourceVersion;  // kListed, kWatching
  std::string next;             // kListing: the continue token
  std::uint32_t failures = 0;   // in a row
  std::uint32_t silent = 0;     // watches in a row that held, and said nothing
  bool told = false;            // kWatching: an event or a bookmark has come
  bool away = false;            // the last failure was a request without an answer
  std::uint32_t woken = 0;      // waits that ended early since a watch worked
};

// What is to be done now.
struct WatchStep {
  enum class Kind { kList, kWatch, kWait };
  Kind kind = Kind::kList;
  base::Duration wait{0};  // kWait: then ask again
};

// Pure. `random` is uniform in [0, 1). begin() says what to do at first, and after each wait.
WatchStep begin(WatchState& state);
WatchStep onPage(WatchState& state, const std::string& resourceVersion, const std::string& next);
WatchStep onListFailed(WatchState& state, const ApiError& error, double random);
void onEvent(WatchState& state, const std::string& resourceVersion);  // bookmarks too
// The watch ended after it had `lasted`, ordinarily where `error` is nullptr.
WatchStep onWatchEnd(WatchState& state, const ApiError* error, base::Duration lasted, double random);
base::Duration watchTime(double random);
// While it waits: the server has answered another request, after a time without. `waited`: since the wait
// began; `left`: of it. How long it is still to be waited; no longer than `left`.
base::Duration onBack(WatchState& state, base::Duration waited, base::Duration left, double random);

}  // namespace faasbatch::kube
