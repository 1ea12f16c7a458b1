// The journal: events of runs and their records on the node's disk (SQLite, WAL), so that an accepted run
// outlives the agent. One writer thread behind a bounded queue; group commit; a reader thread for queries.
// Journal is the seam; sqlite.h has the real one, memory.h one that keeps records only, for an agent without
// --data.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/loop.h"
#include "lib/base/payload.h"
#include "lib/base/time.h"

namespace faasbatch::journal {

// Who a run is, for queries.
struct RunHead {
  std::string id;  // UUIDv7: in order of creation
  std::string nameSpace;
  std::string workflow;
  std::string function;        // empty: the workflow as a whole
  std::string idempotencyKey;  // empty: none
  std::string inputDigest;     // with a key: hex SHA-256 of the input
  base::Instant createdAt;
};

// A run that had not ended when the agent did.
struct UnfinishedRun {
  RunHead head;
  std::vector<std::string> events;  // lines, in order
};

// Takes such runs one after the other, an event at a time: how much those of a run are together nobody knows
// before.
class UnfinishedRuns {
 public:
  virtual ~UnfinishedRuns() = default;
  virtual void begin(RunHead head) = 0;
  virtual void event(std::string_view line) = 0;
  virtual void end() = 0;
};

// Keeps all of them, for those who know that they fit.
class KeptRuns final : public UnfinishedRuns {
 public:
  void begin(RunHead head) override { runs.push_back({std::move(head), {}}); }
  void event(std::string_view line) override { runs.back().events.emplace_back(line); }
  void end() override {}

  std::vector<UnfinishedRun> runs;
};

struct FinishedRun {
  RunHead head;
  std::string status;  // "Succeeded", ...
  base::Instant finishedAt;
  std::string record;   // JSON text of the API's record
  std::string summary;  // JSON text of a list line
  std::string logs;     // JSON lines
  std::string answer;   // JSON text of the answer's body (output or problem), for idempotency
  std::int32_t answerStatus = 200;
};

// What list() looks for; empty: anything.
struct ListQuery {
  std::string nameSpace;
  std::string workflow;
  std::string status;    // of finished runs
  std::string beforeId;  // continue behind this id, newest first
  std::size_t limit = 100;
};

// A manifest as applied, and every revision of it that a run may still need.
struct StoredManifest {
  std::string nameSpace;
  std::string name;
  std::string digest;
  std::string object;  // JSON text
  bool current = false;
};

using Done = std::move_only_function<void(base::Result<void>)>;

// Calls and callbacks on the loop's thread. Errors: "JournalFull" (the queue is full: refuse new work),
// "StoreUnavailable" (the disk is full or broken: the message says which).
class Journal {
 public:
  struct Limits {
    std::size_t maxQueuedBytes = 64 << 20;
    std::size_t maxQueuedEntries = 100'000;
    std::size_t maxRecords = 100'000;  // older ones are dropped first
    base::Duration maxAge = std::chrono::hours(24 * 7);
    std::size_t maxRecordBytes = 512 << 20;  // of all records and logs together; memory.h: 64 MiB
  };
  virtual ~Journal() = default;  // writes what is queued, then closes

  // Whether anything outlives the process.
  virtual bool durable() const = 0;
  // False while the disk refuses writes; it is tried again in the background.
  virtual bool healthy() const = 0;

  // Makes a run known with its first events. `done` after they are on disk (fsync); pass nullptr not to wait.
  virtual void begin(RunHead head, std::vector<std::string> events, Done done) = 0;
  // Events in order. Written with the next group commit.
  virtual void append(const std::string& runId, std::vector<std::string> events, Done done = nullptr) = 0;
  // The run has ended: its record replaces its events. A run whose begin() was never given is simply
  // recorded. Without `done`, one that cannot be taken is named in the log.
  virtual void finish(FinishedRun run, Done done = nullptr) = 0;

  virtual void putManifest(StoredManifest manifest, Done done) = 0;  // becomes the current one of its name
  virtual void deleteManifest(const std::string& nameSpace, const std::string& name, Done done) = 0;

  // Once, at the start, before anything else (may block).
  virtual std::vector<StoredManifest> manifests() = 0;
  // Gives `runs` all it has before it returns, from another thread.
  virtual void unfinished(UnfinishedRuns& runs) = 0;

  virtual void find(const std::string& nameSpace, const std::string& id,
                    std::move_only_function<void(base::Result<std::optional<FinishedRun>>)> done) = 0;
  // Summaries newest first, and whether there are more.
  struct Page {
    std::vector<std::pair<std::string, std::string>> items;  // id, summary
    bool more = false;
  };
  virtual void list(ListQuery query, std::move_only_function<void(base::Result<Page>)> done) = 0;

  // The run that a key belongs to, if it was created after `since`: its head, and its answer where it has
  // ended.
  struct KeyOwner {
    RunHead head;
    std::optional<FinishedRun> finished;
  };
  virtual void findKey(const std::string& nameSpace, const std::string& workflow, const std::string& function,
                       const std::string& key, base::Instant since,
                       std::move_only_function<void(base::Result<std::optional<KeyOwner>>)> done) = 0;
};

}  // namespace faasbatch::journal
