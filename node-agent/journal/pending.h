// What was given to the journal and is not on disk yet, so that queries see it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node-agent/journal/entry.h"
#include "node-agent/journal/record_set.h"

namespace faasbatch::journal {

// Loop thread only.
class Pending {
 public:
  void add(const Entry& entry);
  void settle(const Entry& entry);  // on disk, or given up

  const RecordSet& records() const { return records_; }
  // The run of that key whose begin() is not on disk yet.
  const RunHead* begun(const KeyName& key) const;

 private:
  RecordSet records_;
  std::map<KeyName, RunHead> begun_;
};

}  // namespace faasbatch::journal
