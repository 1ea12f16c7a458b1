#include "node-agent/journal/schema.h"

#include <sys/stat.h>

namespace faasbatch::journal {
namespace {

// The connection. secure_delete would write zeros over what is deleted.
constexpr const char* kSettings = R"(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA secure_delete = OFF;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -4000;
)";

// Index 0 brings version 0 (an empty file) to 1, and so on.
constexpr const char* kMigrations[] = {R"(
  CREATE TABLE runs(seq INTEGER PRIMARY KEY, id TEXT NOT NULL, ns TEXT NOT NULL, workflow TEXT NOT NULL,
                    function TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, created INTEGER NOT NULL,
                    events TEXT NOT NULL);
  CREATE INDEX runs_key ON runs(key, ns, workflow, function) WHERE key <> '';
  CREATE TABLE events(run INTEGER NOT NULL, n INTEGER NOT NULL, lines TEXT NOT NULL, PRIMARY KEY(run, n)) WITHOUT ROWID;
  CREATE TABLE records(id TEXT PRIMARY KEY, ns TEXT NOT NULL, workflow TEXT NOT NULL, function TEXT NOT NULL,
                       key TEXT NOT NULL, digest TEXT NOT NULL, created INTEGER NOT NULL, finished INTEGER NOT NULL,
                       status TEXT NOT NULL, answer_status INTEGER NOT NULL, body INTEGER NOT NULL,
                       summary TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX records_key ON records(key, ns, workflow, function) WHERE key <> '';
  CREATE TABLE bodies(seq INTEGER PRIMARY KEY, id TEXT NOT NULL, finished INTEGER NOT NULL, bytes INTEGER NOT NULL,
                      record TEXT NOT NULL, answer TEXT NOT NULL, logs TEXT NOT NULL);
  CREATE TABLE manifests(seq INTEGER PRIMARY KEY, ns TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL,
                         object TEXT NOT NULL, retired INTEGER, UNIQUE(ns, name, digest));
  CREATE TABLE meta(id INTEGER PRIMARY KEY, filler BLOB);
)"};

Outcome<void> migrate(Database& database, std::int64_t version) {
  for (std::int64_t v = version; v < kSchemaVersion; ++v) {
    const std::string sql = "BEGIN IMMEDIATE;" + std::string(kMigrations[v]) +
                            "PRAGMA user_version = " + std::to_string(v + 1) + "; COMMIT;";
    if (auto ok = database.execute(sql.c_str()); !ok) {
      if (database.inTransaction()) (void)database.execute("ROLLBACK");
      return ok;
    }
  }
  return {};
}

Outcome<void> checkFile(Database& database) {
  auto statement = database.prepare("PRAGMA quick_check(1)");
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->next();
  if (!row) return std::unexpected(row.error());
  const std::string verdict = *row ? statement->text(0) : "ok";
  if (verdict != "ok") return std::unexpected(DiskError{Fault::kDamaged, verdict});
  return {};
}

}  // namespace

Outcome<Database> openDatabase(const std::string& path, Check check) {
  auto database = Database::open(path);
  if (!database) return database;
  if (auto ok = database->execute(kSettings); !ok) return std::unexpected(ok.error());
  const auto version = database->number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version > kSchemaVersion) {
    return std::unexpected(
        DiskError{Fault::kEntry, "it has schema version " + std::to_string(*version) + ", this agent knows " +
                                     std::to_string(kSchemaVersion) +
                                     ": start the newer agent, or give another directory"});
  }
  if (auto ok = migrate(*database, *version); !ok) return std::unexpected(ok.error());
  struct stat file{};
  if (check == Check::kFull && ::stat(path.c_str(), &file) == 0 && file.st_size <= kFullCheckBytes) {
    if (auto ok = checkFile(*database); !ok) return std::unexpected(ok.error());
  }
  return database;
}

}  // namespace faasbatch::journal
