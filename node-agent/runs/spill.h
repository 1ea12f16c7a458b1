// Which outputs travel inline and which by way of a store.
#pragma once

#include <cstddef>
#include <string>

#include "node-agent/engine/event.h"
#include "node-agent/stores/store.h"

namespace faasbatch::runs {

inline constexpr std::size_t kMaxInlineBytes = 64 * 1024;
inline constexpr base::Duration kSpillTtl =
    std::chrono::hours(24);  // of a stored output, should its run be forgotten
inline constexpr base::Duration kStoreTime = std::chrono::seconds(10);  // for one access of the store

// The stores this agent has; either may be missing.
struct Stores {
  stores::Store* node = nullptr;
  stores::Store* cluster = nullptr;

  stores::Store* of(engine::OutputRef::Store kind) const {
    return kind == engine::OutputRef::Store::kNode      ? node
           : kind == engine::OutputRef::Store::kCluster ? cluster
                                                        : nullptr;
  }
};

// Where an output of `bytes` goes. On one machine every consumer is on the node, so a large one goes to the
// node's store; where only the cluster has one, there; where neither outlives the agent but the journal does
// (`storesForget`), it stays inline, so that a restart loses nothing.
engine::OutputRef::Store place(std::size_t bytes, const Stores& stores, bool storesForget);

// The same of an output that steps on other nodes look at.
engine::OutputRef::Store placeFar(std::size_t bytes, const Stores& stores);

// "fb:run:<run>:<step>:<attempt>": a retried attempt writes anew, a repeated write the same. `part` tells the
// parts of a shared run apart, whose steps have the same numbers; empty: home's.
std::string spillKey(const std::string& runId, const std::string& part, engine::StepId step,
                     std::uint32_t attempt);

}  // namespace faasbatch::runs
