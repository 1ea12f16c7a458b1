// The tables of the journal, version kSchemaVersion (kept in PRAGMA user_version).
//
//   runs       an unfinished run: who it is and its first events, one a line. seq counts runs, never reused.
//   events     further events of a run: lines in order of n = 1, 2, ...
//   records    an ended run: what a list and an idempotency key need.
//   bodies     what only its own page needs. seq is the order of the ends, and the order of pruning.
//   manifests  revisions of workflows. retired: the last run begun before another revision took over; NULL
//   while current. meta       one row, rewritten to see whether the disk takes writes again.
//
// Times are nanoseconds since the epoch.
#pragma once

#include <string>

#include "node-agent/journal/database.h"

namespace faasbatch::journal {

inline constexpr std::int64_t kSchemaVersion = 1;

// Files up to this size are checked from end to end when opened; damage in larger ones is met where it is
// read.
inline constexpr std::int64_t kFullCheckBytes = 128 << 20;

enum class Check { kNone, kFull };

// Opens `path`, makes or migrates the tables, and checks the file. A newer schema is Fault::kEntry: it is not
// to be set aside.
Outcome<Database> openDatabase(const std::string& path, Check check);

}  // namespace faasbatch::journal
