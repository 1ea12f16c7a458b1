// A journal for an agent without --data: records of ended runs in memory, nothing outlives the process.
#pragma once

#include <cstddef>
#include <memory>

#include "node-agent/journal/journal.h"

namespace faasbatch::journal {

inline constexpr std::size_t kMemoryRecordBytes = 64 << 20;

constexpr Journal::Limits memoryLimits() {
  Journal::Limits limits;
  limits.maxRecordBytes = kMemoryRecordBytes;
  return limits;
}

// durable() is false, healthy() always true, manifests() and unfinished() are empty. Events are not kept.
// Records and the idempotency keys of runs under way are; the oldest records go first when a limit is
// reached.
std::unique_ptr<Journal> makeMemoryJournal(base::Loop& loop, Journal::Limits limits = memoryLimits());

}  // namespace faasbatch::journal
