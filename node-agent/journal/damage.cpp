#include "node-agent/journal/damage.h"

#include <cstdio>
#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/journal/entry.h"
#include "node-agent/journal/queries.h"
#include "node-agent/journal/schema.h"
#include "node-agent/journal/write_tables.h"

namespace faasbatch::journal {
namespace {

// Rows that come out of a damaged page may be nonsense: take only what looks like what was written.
bool plausible(const UnfinishedRun& run) {
  if (run.head.id.empty() || run.head.nameSpace.empty() || run.head.workflow.empty() || run.events.empty())
    return false;
  for (const std::string& event : run.events) {
    if (event.size() < 2 || event.front() != '{' || event.back() != '}') return false;
  }
  return true;
}

struct Salvaged {
  std::vector<StoredManifest> manifests;
  std::vector<UnfinishedRun> runs;
};

Salvaged readWhatIsLeft(const std::string& damaged) {
  Salvaged found;
  auto database = Database::open(damaged);
  if (!database) return found;
  auto queries = Queries::prepare(*database);
  if (!queries) return found;
  (void)queries->manifests(found.manifests);  // up to the damage
  KeptRuns runs;
  (void)queries->unfinished(runs);
  found.runs = std::move(runs.runs);
  return found;
}

Outcome<void> writeWhatIsLeft(Database& fresh, Salvaged& found) {
  auto tables = WriteTables::load(fresh);
  if (!tables) return std::unexpected(tables.error());
  if (auto ok = fresh.execute("BEGIN IMMEDIATE"); !ok) return ok;
  tables->begun();
  for (StoredManifest& manifest : found.manifests) {
    if (!manifest.current) {
      // As a revision: current for a moment, then retired by the one that follows or by the removal.
      (void)tables->write({PutManifest{manifest}, nullptr, 0});
      (void)tables->write({DeleteManifest{manifest.nameSpace, manifest.name}, nullptr, 0});
    }
  }
  for (StoredManifest& manifest : found.manifests) {
    if (manifest.current) (void)tables->write({PutManifest{manifest}, nullptr, 0});
  }
  for (UnfinishedRun& run : found.runs) {
    (void)tables->write({Begin{run.head, joinLines(run.events)}, nullptr, 0});
  }
  return fresh.execute("COMMIT");
}

}  // namespace

std::string setAside(const std::string& path, base::Instant now, const std::string& why) {
  std::string aside = path + ".damaged-" + base::formatRfc3339(now);
  if (std::rename(path.c_str(), aside.c_str()) != 0) {
    telemetry::error("a damaged journal cannot be set aside; check the directory's permissions",
                     {{"path", path}, {"damage", why}});
    return {};
  }
  for (const char* suffix : {"-wal", "-shm"}) {
    (void)std::rename((path + suffix).c_str(), (aside + suffix).c_str());  // may not exist
  }
  telemetry::error("the journal is damaged and was set aside; a new one is begun",
                   {{"path", path}, {"set_aside_as", aside}, {"damage", why}});
  return aside;
}

void salvage(const std::string& damaged, Database& fresh) {
  Salvaged found = readWhatIsLeft(damaged);
  const std::size_t read = found.runs.size();
  std::erase_if(found.runs, [](const UnfinishedRun& run) { return !plausible(run); });
  std::erase_if(found.manifests,
                [](const StoredManifest& m) { return m.name.empty() || !m.object.starts_with('{'); });
  const auto written = writeWhatIsLeft(fresh, found);
  if (!written && fresh.inTransaction()) (void)fresh.execute("ROLLBACK");
  telemetry::warning("what could still be read of the damaged journal was taken over",
                     {{"path", damaged},
                      {"unfinished_runs", written ? found.runs.size() : 0},
                      {"unreadable_runs", read - found.runs.size()},
                      {"manifests", written ? found.manifests.size() : 0}});
}

Outcome<Database> openOrReplace(const std::string& path, base::Instant now) {
  auto database = openDatabase(path, Check::kFull);
  if (database || database.error().fault != Fault::kDamaged) return database;
  const std::string why = database.error().message;
  const std::string aside = setAside(path, now, why);
  if (aside.empty()) return database;
  auto fresh = openDatabase(path, Check::kNone);
  if (fresh) salvage(aside, *fresh);
  return fresh;
}

}  // namespace faasbatch::journal
