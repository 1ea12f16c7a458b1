// What the pool does, decided over values: where a pod comes from, which pods have been idle for too long,
// how many generic ones are missing. No clock, no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/time.h"
#include "node-agent/pods/pod_state.h"

namespace faasbatch::pods {

inline constexpr std::size_t kNoFunction = SIZE_MAX;
inline constexpr std::size_t kNoStock = SIZE_MAX;

// One pod that is not gone.
struct PodFacts {
  PodState state = PodState::kStarting;
  std::size_t function = kNoFunction;  // kNoFunction: a generic one
  std::size_t stock = kNoStock;        // of a generic one, or of its function
  bool current = true;                 // of the function's digest of now
  std::uint32_t running = 0;
  base::Instant lastUsed;  // when it became idle
};

struct FunctionFacts {
  std::size_t stock = kNoStock;  // whose generic pods it can use; kNoStock: it needs pods of its own
  std::uint32_t minWarm = 0;
  std::uint32_t maxPods = 1;
  base::Duration idleTimeout{0};
};

// Where the next pod of a function comes from.
struct Supply {
  enum class Kind {
    kSpecialise,  // the generic pod `pod`, at once or as soon as it answers
    kCreate,
    kMakeRoom,  // let the pod `pod` leave; ask again when it has gone
    kWait,      // nothing to be had before a pod goes or gets idle
    kEnough,    // the function has as many as it may
  };
  Kind kind = Kind::kWait;
  std::size_t pod = 0;
  friend bool operator==(const Supply&, const Supply&) = default;
};

// `pods` are all that are not gone, at most `agentBound` of them; the bounds are never exceeded. Pods that
// are leaving count for the agent, not for the function. Room is made by the pod idle for longest: generic
// ones of other stocks first, then those of other functions beyond their minWarm. A generic pod that
// answers is preferred to one that starts.
Supply supplyFor(std::size_t function, std::span<const PodFacts> pods,
                 std::span<const FunctionFacts> functions, std::size_t agentBound);

struct Expiry {
  std::vector<std::size_t> pods;  // idle for their function's idleTimeout, beyond its minWarm
  base::Instant next = base::Instant::never();
};
Expiry expired(std::span<const PodFacts> pods, std::span<const FunctionFacts> functions, base::Instant now);

// Generic pods to start and to end, so that there is one of each stock in `wanted` and none of another. None
// is started where the agent has no room or has kept half of it for generic pods, and none of a stock while a
// function waits for a pod of it.
struct StockPlan {
  std::vector<std::size_t> start;  // stocks
  std::vector<std::size_t> end;    // pods
  friend bool operator==(const StockPlan&, const StockPlan&) = default;
};
StockPlan planStock(std::span<const PodFacts> pods, std::span<const std::size_t> wanted,
                    std::size_t agentBound);

// A pod that was there before the agent: a generic one of a stock, or one that has loaded what `function` is
// today. With neither it is of no use.
struct FoundFacts {
  std::size_t function = kNoFunction;
  std::size_t stock = kNoStock;
};
// Which of them to keep, by their indices: those of functions up to maxPods, then one generic pod of each
// stock in `wanted`; `agentBound` is kept.
std::vector<std::size_t> worthAdopting(std::span<const FoundFacts> found,
                                       std::span<const FunctionFacts> functions,
                                       std::span<const std::size_t> wanted, std::size_t agentBound);

// What is known of a pod's conduct.
struct Conduct {
  std::uint32_t crashesInARow = 0;  // batches with a crashed worker, without a good result between them
  bool recycleAsked = false;
  bool brokeContract = false;  // a bad line, a cut stream
  bool overdue = false;        // it did not end a call long after its time
};
inline constexpr std::uint32_t kMaxCrashesInARow = 3;
bool misbehaves(const Conduct& conduct);

}  // namespace faasbatch::pods
