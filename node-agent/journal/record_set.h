// Records of ended runs in memory, in the order of their ids.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "node-agent/journal/journal.h"
#include "node-agent/journal/key.h"

namespace faasbatch::journal {

using SharedRun = std::shared_ptr<const FinishedRun>;

// What one record weighs in the limits.
std::size_t recordBytes(const FinishedRun& run);

bool matches(const ListQuery& query, const FinishedRun& run);

// Invariants: (1) bytes() is the sum of recordBytes over all; (2) byKey_ names only runs that are in runs_,
// each under its key. Not thread-safe.
class RecordSet {
 public:
  void put(SharedRun run);  // replaces one of the same id
  void erase(const std::string& id);
  SharedRun find(const std::string& nameSpace, const std::string& id) const;  // null where there is none
  // Newest first, at most query.limit + 1 of them, so that the caller sees whether there are more.
  std::vector<SharedRun> list(const ListQuery& query) const;
  // The newest run of the key, or null.
  SharedRun findKey(const KeyName& key) const;

  SharedRun oldest() const { return runs_.empty() ? nullptr : runs_.begin()->second; }
  std::size_t size() const { return runs_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  std::map<std::string, SharedRun> runs_;                      // by id
  std::map<KeyName, std::map<std::string, SharedRun>> byKey_;  // then by id
  std::size_t bytes_ = 0;
};

}  // namespace faasbatch::journal
