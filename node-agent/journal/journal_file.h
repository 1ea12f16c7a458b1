// The journal's file as its writer sees it: commits of groups of entries, upkeep, and replacement when
// damaged.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "node-agent/journal/database.h"
#include "node-agent/journal/entry.h"
#include "node-agent/journal/journal_metrics.h"
#include "node-agent/journal/reader.h"
#include "node-agent/journal/write_tables.h"

namespace faasbatch::journal {

// One thread at a time.
class JournalFile {
 public:
  // Opens or makes `path`; a damaged one is replaced.
  static Outcome<JournalFile> open(std::string path, base::Instant now, Journal::Limits limits,
                                   JournalMetrics& metrics);

  // All entries or none. With `sync`, they and everything before them are on the platter when it returns. An
  // entry that cannot be written whatever the disk is left out and logged. Opens the file again if replace()
  // could not.
  Outcome<void> commit(std::span<const Entry> group, bool sync, bool prune, base::Instant now);
  // Writes and syncs something of no meaning.
  Outcome<void> probe(base::Instant now);
  // Sets the file aside and begins a new one with what could be salvaged. `reader` is closed meanwhile.
  Outcome<void> replace(const std::string& why, Reader& reader, base::Instant now);

  // Drops what is too old or too much and revisions nobody needs; moves the log into the file.
  Outcome<void> upkeep(base::Instant now);
  Outcome<void> checkpoint() { return database_ ? database_->checkpoint() : Outcome<void>(); }
  int walPages() const { return database_ ? database_->walPages() : 0; }
  bool farOverLimits() const;

 private:
  JournalFile(std::string path, Journal::Limits limits, JournalMetrics& metrics)
      : path_(std::move(path)), limits_(limits), metrics_(&metrics) {}
  Outcome<void> adopt(Outcome<Database> database);
  Outcome<void> ready(base::Instant now);
  Outcome<void> transaction(std::span<const Entry> group, bool prune, base::Instant now);
  Outcome<void> prune(base::Instant now, std::size_t most);
  bool superseded(const Entry& entry) const;
  Outcome<void> setSynchronous(bool full);
  Outcome<void> endTransaction(Outcome<void> result);

  std::string path_;
  Journal::Limits limits_;
  JournalMetrics* metrics_;
  std::unique_ptr<Database> database_;   // null while a damaged file could not be replaced
  std::unique_ptr<WriteTables> tables_;  // as database_; destroyed first
  std::vector<std::string> ending_;      // sorted ids of the runs that end in the group being written
  bool fullSync_ = true;
};

}  // namespace faasbatch::journal
