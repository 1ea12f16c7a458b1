#include "node-agent/journal/database.h"

#include <sqlite3.h>

#include <mutex>

namespace faasbatch::journal {
namespace {

constexpr int kBusyMillis = 2000;  // another process (sqlite3, a backup) holds the file

Fault classify(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Fault::kDamaged;
    case SQLITE_FULL:
      return Fault::kFull;
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
      return Fault::kEntry;
    default:
      return code == SQLITE_IOERR_CORRUPTFS ? Fault::kDamaged : Fault::kDisk;
  }
}

std::unexpected<DiskError> describe(sqlite3* database, int code) {
  std::string message = sqlite3_errstr(code);
  if (database != nullptr && sqlite3_errmsg(database) != message) {
    message += std::string(" (") + sqlite3_errmsg(database) + ")";
  }
  return std::unexpected(DiskError{classify(code), std::move(message)});
}

// Memory statistics cost a global lock per allocation and nobody reads them.
void configureOnce() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

}  // namespace

base::Error toError(const DiskError& error, const std::string& path) {
  std::string advice;
  switch (error.fault) {
    case Fault::kFull:
      advice =
          "the disk under the journal " + path + " is full: free some space, it is tried again by itself";
      break;
    case Fault::kDamaged:
      advice = "the journal " + path + " is damaged and is being set aside: try again";
      break;
    case Fault::kEntry:
      advice = "the journal " + path + " cannot hold this entry";
      break;
    case Fault::kDisk:
      advice = "the disk under the journal " + path +
               " refuses: check the disk and the permissions, it is tried again by itself";
      break;
  }
  return {"StoreUnavailable", advice + " [" + error.message + "]"};
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::bind(int index, std::string_view text) {
  // Not copied: run() and the callers of query() keep it alive.
  sqlite3_bind_text64(statement_.get(), index, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind(int index, std::int64_t number) { sqlite3_bind_int64(statement_.get(), index, number); }

Outcome<void> Statement::finish() {
  while (true) {
    const auto row = next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
  }
}

Outcome<bool> Statement::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3* const database = sqlite3_db_handle(statement_.get());
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_.get());
    return false;
  }
  auto error = describe(database, sqlite3_extended_errcode(database));
  sqlite3_reset(statement_.get());
  return error;
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::string Statement::text(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr ? std::string() : std::string(data, static_cast<std::size_t>(size));
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

std::unexpected<DiskError> Database::failure(int code) const { return describe(database_.get(), code); }

Outcome<Database> Database::open(const std::string& path) {
  configureOnce();
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &raw,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database(raw);
  if (code != SQLITE_OK) return describe(raw, code);
  sqlite3_busy_timeout(raw, kBusyMillis);
  // Instead of SQLite's own checkpoint inside a commit that may have somebody waiting for it.
  const auto count = [](void* pages, sqlite3*, const char*, int inLog) {
    *static_cast<int*>(pages) = inLog;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(raw, count, database.walPages_.get());
  return database;
}

Outcome<void> Database::execute(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return {};
}

Outcome<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return Statement(raw);
}

Outcome<std::int64_t> Database::number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->next();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->integer(0) : 0;
}

bool Database::inTransaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

Outcome<void> Database::checkpoint() {
  int pages = 0;
  int done = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(database_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, &done);
  if (code != SQLITE_OK) return failure(code);
  *walPages_ = pages - done;
  return {};
}

}  // namespace faasbatch::journal
