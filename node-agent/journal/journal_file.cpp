#include "node-agent/journal/journal_file.h"

#include <algorithm>
#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/journal/damage.h"
#include "node-agent/journal/schema.h"

namespace faasbatch::journal {
namespace {

constexpr std::size_t kPruneAtLeast = 64;  // records a commit may drop
constexpr std::size_t kPruneInUpkeep = 512;
constexpr double kFarOver = 0.1;  // of a limit

}  // namespace

Outcome<JournalFile> JournalFile::open(std::string path, base::Instant now, Journal::Limits limits,
                                       JournalMetrics& metrics) {
  JournalFile file(std::move(path), limits, metrics);
  if (auto ok = file.ready(now); !ok) return std::unexpected(ok.error());
  return file;
}

Outcome<void> JournalFile::adopt(Outcome<Database> database) {
  if (!database) return std::unexpected(database.error());
  auto owned = std::make_unique<Database>(std::move(*database));
  auto tables = WriteTables::load(*owned);
  if (!tables) return std::unexpected(tables.error());
  database_ = std::move(owned);
  tables_ = std::make_unique<WriteTables>(std::move(*tables));
  fullSync_ = true;
  return {};
}

Outcome<void> JournalFile::ready(base::Instant now) {
  return database_ ? Outcome<void>() : adopt(openOrReplace(path_, now));
}

Outcome<void> JournalFile::commit(std::span<const Entry> group, bool sync, bool prune, base::Instant now) {
  if (auto ok = ready(now); !ok) return ok;
  if (auto ok = setSynchronous(sync); !ok) return ok;
  ending_.clear();
  for (const Entry& entry : group) {
    if (const auto* finish = std::get_if<Finish>(&entry.what)) ending_.push_back(finish->run->head.id);
  }
  std::ranges::sort(ending_);
  return endTransaction(transaction(group, prune, now));
}

Outcome<void> JournalFile::transaction(std::span<const Entry> group, bool prune, base::Instant now) {
  tables_->begun();
  if (auto ok = database_->execute("BEGIN IMMEDIATE"); !ok) return ok;
  for (const Entry& entry : group) {
    if (superseded(entry)) continue;
    const auto ok = tables_->write(entry);
    if (ok) continue;
    if (ok.error().fault != Fault::kEntry) return ok;
    telemetry::error("the journal cannot hold an entry and leaves it out",
                     {{"path", path_}, {"error", ok.error().message}});
  }
  return prune ? this->prune(now, std::max(kPruneAtLeast, 2 * ending_.size())) : Outcome<void>();
}

Outcome<void> JournalFile::endTransaction(Outcome<void> result) {
  if (result) result = database_->execute("COMMIT");
  if (result) {
    tables_->committed();
    metrics_->records.set(static_cast<std::int64_t>(tables_->records()));
    metrics_->recordBytes.set(static_cast<std::int64_t>(tables_->recordBytes()));
  } else {
    if (database_->inTransaction()) (void)database_->execute("ROLLBACK");
    tables_->rolledBack();
  }
  return result;
}

bool JournalFile::superseded(const Entry& entry) const {
  // The record replaces the events of its run: those that come in the same commit need not be written at all.
  const auto ends = [this](const std::string& id) { return std::ranges::binary_search(ending_, id); };
  if (const auto* begin = std::get_if<Begin>(&entry.what)) return ends(begin->head.id);
  if (const auto* append = std::get_if<Append>(&entry.what)) return ends(append->runId);
  return false;
}

Outcome<void> JournalFile::prune(base::Instant now, std::size_t most) {
  const auto pruned = tables_->prune(limits_, now, most);
  if (!pruned) return std::unexpected(pruned.error());
  metrics_->pruned.add(*pruned);
  return {};
}

bool JournalFile::farOverLimits() const { return tables_ && tables_->overBy(limits_, kFarOver); }

Outcome<void> JournalFile::setSynchronous(bool full) {
  if (full == fullSync_) return {};
  if (auto ok = database_->execute(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"); !ok)
    return ok;
  fullSync_ = full;
  return {};
}

Outcome<void> JournalFile::probe(base::Instant now) {
  if (auto ok = ready(now); !ok) return ok;
  if (auto ok = setSynchronous(true); !ok) return ok;
  return database_->execute("INSERT OR REPLACE INTO meta(id, filler) VALUES(1, randomblob(65536))");
}

Outcome<void> JournalFile::replace(const std::string& why, Reader& reader, base::Instant now) {
  reader.close();
  tables_.reset();
  database_.reset();
  const std::string aside = setAside(path_, now, why);
  auto fresh = openOrReplace(path_, now);
  if (fresh && !aside.empty()) salvage(aside, *fresh);
  auto ok = adopt(std::move(fresh));
  reader.open();
  return ok;
}

Outcome<void> JournalFile::upkeep(base::Instant now) {
  if (!database_) return {};
  tables_->begun();
  if (tables_->anythingToDrop(limits_, now)) {
    if (auto ok = database_->execute("BEGIN IMMEDIATE"); !ok) return ok;
    auto ok = prune(now, kPruneInUpkeep);
    if (ok) ok = tables_->pruneManifests();
    if (ok = endTransaction(std::move(ok)); !ok) return ok;
  }
  return walPages() > 0 ? checkpoint() : Outcome<void>();
}

}  // namespace faasbatch::journal
