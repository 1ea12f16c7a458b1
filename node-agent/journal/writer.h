// The thread that writes the journal: takes everything queued into one transaction (group commit).
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/time.h"
#include "node-agent/journal/entry.h"
#include "node-agent/journal/journal_file.h"
#include "node-agent/journal/journal_metrics.h"
#include "node-agent/journal/reader.h"

namespace faasbatch::journal {

// How a group of entries ended.
struct Written {
  std::vector<Entry> entries;
  std::optional<base::Error> error;  // of each of them; empty: they are on disk
};

// States: writing; failing (the last commit failed: it is tried again after retryDelay()). The backlog keeps
// the order of push(). An entry leaves it when it is on disk, or when a commit failed and it is revocable.
class Writer {
 public:
  // `sink` is called on the writer's thread and gets every entry once, in groups. Of an entry that stays
  // although a commit failed, only the `done` comes, in an entry of no bytes.
  Writer(JournalFile file, Reader& reader, std::string path, const base::Clock& clock,
         JournalMetrics& metrics, std::function<void(Written)> sink);
  ~Writer();  // writes what is queued, as far as the disk takes it, then ends
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void push(Entry entry);  // any thread
  void reportDamage();     // any thread: a query met it
  bool healthy() const { return healthy_.load(std::memory_order_relaxed); }
  base::Error lastError() const;  // any thread

 private:
  void run();
  bool wait();  // false: it is time to end
  void work();
  std::size_t groupSize() const;
  void succeeded(std::size_t size);
  void failed(const DiskError& error);
  void upkeep();
  void replace(const std::string& why);

  // The writer's thread only.
  JournalFile file_;
  Reader& reader_;
  const std::string path_;
  const base::Clock& clock_;
  JournalMetrics& metrics_;
  std::function<void(Written)> sink_;
  std::vector<Entry> backlog_;
  base::Instant lastSync_;
  base::Instant lastUpkeep_;
  int failures_ = 0;
  bool upkeepFailing_ = false;

  std::atomic<bool> healthy_{true};
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Entry> queue_;
  bool urgent_ = false;  // somebody waits for an entry of queue_, or it is large
  bool damageReported_ = false;
  std::size_t queuedBytes_ = 0;
  base::Error lastError_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace faasbatch::journal
