// The journal on the node's disk: SQLite in WAL mode, see schema.h for the tables.
//
// Guarantees
// - `done` of begin() runs after an fsync that covers the run. Everything given before it is covered as well.
// - What is given without `done` is in the operating system's hands within kWriteBehind (it survives kill -9)
// and on the
//   platter within kSyncInterval.
// - Queries see everything given before them, whether it is on disk or not.
// - While the disk refuses writes (full, I/O error), healthy() is false; begin() and the manifest calls with
// a `done` fail
//   "StoreUnavailable" and leave no trace; everything else stays queued in order up to the limits and is
//   written when the disk is back, which is tried with back-off. A `done` of append() or finish() is told of
//   the failure, yet what it gave stays queued.
// - When the queue is full, a begin() with `done` fails "JournalFull". Without one, the run's events are
// dropped from there on
//   (what is on disk stays a prefix of the run), and its record is still taken while there is head-room.
// - A damaged file is set aside as journal.db.damaged-TIME together with its -wal and -shm, named in the log,
// and a new one is
//   begun, at the start or later.
#pragma once

#include <memory>
#include <string>

#include "lib/telemetry/metrics.h"
#include "node-agent/journal/journal.h"

namespace faasbatch::journal {

inline constexpr base::Duration kWriteBehind = std::chrono::milliseconds(20);
inline constexpr base::Duration kSyncInterval = std::chrono::seconds(1);

// Opens or makes DIRECTORY/journal.db and starts its threads; the directory is made if it is missing. Errors:
// "StoreUnavailable" with the path and what to do: another agent uses the directory, no permission, a newer
// schema. `loop` and `metrics` must outlive the journal.
base::Result<std::unique_ptr<Journal>> openSqliteJournal(base::Loop& loop, const std::string& directory,
                                                         telemetry::Registry& metrics,
                                                         Journal::Limits limits = {});

}  // namespace faasbatch::journal
