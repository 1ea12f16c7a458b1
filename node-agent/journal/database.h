// A thin cover of SQLite's C interface: connections and prepared statements as values, faults told apart.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace faasbatch::journal {

// What a failure calls for.
enum class Fault {
  kDamaged,  // the file is not a database or is malformed: set it aside
  kFull,     // no space: free some, try again
  kDisk,     // any other refusal of the disk or the file system: try again
  kEntry,    // this one statement cannot be written, whatever the disk: leave it out
};

struct DiskError {
  Fault fault = Fault::kDisk;
  std::string message;
};

template <class T>
using Outcome = std::expected<T, DiskError>;

// "StoreUnavailable", naming the file and what to do.
base::Error toError(const DiskError& error, const std::string& path);

// Owned by its Database in lifetime: destroy it first. One thread at a time.
class Statement {
 public:
  Statement() = default;

  // Binds the arguments in order (text or integer), steps to the end and resets.
  template <class... Args>
  Outcome<void> run(const Args&... args) {
    bindAll(args...);
    return finish();
  }

  // Binds the arguments; the rows follow with next(). Bound text must outlive them.
  template <class... Args>
  void query(const Args&... args) {
    bindAll(args...);
  }
  // True: a row is there. False: the end; the statement is reset, as it is on an error.
  Outcome<bool> next();
  void reset();

  std::string text(int column) const;
  std::int64_t integer(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  template <class... Args>
  void bindAll(const Args&... args) {
    int index = 0;
    (bind(++index, args), ...);
  }
  void bind(int index, std::string_view text);
  void bind(int index, std::int64_t number);
  Outcome<void> finish();

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One connection. One thread at a time.
class Database {
 public:
  static Outcome<Database> open(const std::string& path);

  Outcome<void> execute(const char* sql);
  Outcome<Statement> prepare(std::string_view sql);
  Outcome<std::int64_t> number(
      std::string_view sql);  // the first column of the first row; 0 where there is none

  bool inTransaction() const;
  // Pages in the write-ahead log after the last commit of this connection.
  int walPages() const { return *walPages_; }
  // Takes the pages of the write-ahead log into the file, as far as no reader is in the way. walPages() is
  // then what is left.
  Outcome<void> checkpoint();

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database), walPages_(std::make_unique<int>(0)) {}
  std::unexpected<DiskError> failure(int code) const;

  std::unique_ptr<sqlite3, Close> database_;
  std::unique_ptr<int> walPages_;  // where SQLite's hook writes
};

}  // namespace faasbatch::journal
