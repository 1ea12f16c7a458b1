// Writes entries into the tables, inside the transaction of its caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "node-agent/journal/database.h"
#include "node-agent/journal/entry.h"

namespace faasbatch::journal {

// Knows which runs are unfinished on disk and how much is kept; what a transaction changes of that is kept by
// committed() and undone by rolledBack(). Writer's thread only.
class WriteTables {
 public:
  static Outcome<WriteTables> load(Database& database);

  // Around each transaction: begun(), then write() and prune(), then committed() or rolledBack().
  void begun() { before_ = totals_; }
  Outcome<void> write(const Entry& entry);
  void committed() { undo_.clear(); }
  void rolledBack();

  bool isOpen(const std::string& runId) const { return open_.contains(runId); }

  // Drops up to `most` of the oldest records while the limits are exceeded. How many were.
  Outcome<std::size_t> prune(const Journal::Limits& limits, base::Instant now, std::size_t most);
  // Whether a limit is exceeded by more than `share` of it.
  bool overBy(const Journal::Limits& limits, double share) const;
  // Whether prune() or pruneManifests() may find something; does not touch the disk.
  bool anythingToDrop(const Journal::Limits& limits, base::Instant now) const;
  // Drops the revisions that no unfinished run can need.
  Outcome<void> pruneManifests();

  std::size_t records() const { return static_cast<std::size_t>(totals_.records); }
  std::size_t recordBytes() const { return static_cast<std::size_t>(totals_.bytes); }

 private:
  struct OpenRun {
    std::int64_t seq = 0;
    std::int64_t lastEvents = 0;  // n of its newest row in events
  };
  struct Totals {
    std::int64_t records = 0;
    std::int64_t bytes = 0;
    std::int64_t lastRun = 0;
    std::int64_t lastBody = 0;
    base::Instant oldest;  // no record ended before it, as far as known
    bool retired = false;  // some revision waits for the end of runs
  };

  explicit WriteTables(Database& database) : database_(&database) {}
  Outcome<void> prepareAll();
  Outcome<void> loadState();

  Outcome<void> put(const Begin& begin);
  Outcome<void> put(const Append& append);
  Outcome<void> put(const Finish& finish);
  Outcome<void> put(const PutManifest& put);
  Outcome<void> put(const DeleteManifest& remove);
  void remember(const std::string& runId, std::optional<OpenRun> run);

  Database* database_;
  Statement insertRun_, insertEvents_, insertRecord_, insertBody_, deleteRun_, deleteEvents_, oldest_,
      deleteBody_, deleteRecord_, insertManifest_, retireManifests_, deleteManifests_;
  std::unordered_map<std::string, OpenRun> open_;
  Totals totals_;
  Totals before_;                                                     // at begun()
  std::vector<std::pair<std::string, std::optional<OpenRun>>> undo_;  // newest last
};

}  // namespace faasbatch::journal
