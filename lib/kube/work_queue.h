// Keys that need work: each once however often it is added, at its earliest time, by one worker at a time,
// with backoff of its own (client-go's workqueue, kube-rs' scheduler).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "lib/base/time.h"

namespace faasbatch::kube {

struct WorkQueueOptions {
  base::Duration backoffInitial = std::chrono::milliseconds(100);
  base::Duration backoffMax = std::chrono::minutes(5);
};

// No clock, no thread, no timer of its own: the owner asks with `now` and looks again at next(). Invariants:
//  1. A key is waiting (with one due time), running, or both; never twice in either.
//  2. A key that is added while it runs is due after it is done, not beside it.
//  3. take() gives keys in order of their due times.
class WorkQueue {
 public:
  explicit WorkQueue(WorkQueueOptions options = {}) : options_(options) {}

  // The earlier of two times wins; so a key that changes while it runs does not wait for its backoff.
  void add(const std::string& key, base::Instant due);
  std::optional<std::string> take(base::Instant now);  // now running
  void done(const std::string& key);                   // it succeeded: its backoff is forgotten
  // It failed: due again after its backoff, which doubles, less up to half of it (`random` in [0, 1)). The
  // time it is due.
  base::Instant failed(const std::string& key, base::Instant now, double random);

  base::Instant next() const;  // when the earliest key that does not run is due; never() where there is none
  std::size_t size() const { return due_.size(); }
  std::size_t running() const { return running_.size(); }

 private:
  void finish(const std::string& key);

  WorkQueueOptions options_;
  std::map<std::string, base::Instant> due_;
  std::set<std::pair<base::Instant, std::string>> order_;  // of the keys in due_ that do not run
  std::set<std::string> running_;
  std::map<std::string, std::uint32_t> failures_;
};

}  // namespace faasbatch::kube
