// Idempotency keys in use: which run a key belongs to from its first sight until the journal knows the end of
// the run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "node-agent/runs/key_peers.h"
#include "node-agent/runs/runs.h"

namespace faasbatch::runs {

// Pure bookkeeping; the journal is asked by its owner.
class KeyTable {
 public:
  struct Entry {
    std::string inputDigest;
    std::optional<std::string> runId;      // nothing while the journal is asked
    std::vector<InvokeCallbacks> waiting;  // callers that came meanwhile, the first one included
    bool beginning = false;                // nobody else knows the key: a run begins
    std::string yieldsTo;  // the node of another agent that asks as well, and comes first; empty: none
  };

  static std::string name(const Invocation& invocation);
  static std::string name(const journal::RunHead& head);

  Entry* find(const std::string& name);
  Entry& insert(const std::string& name, std::string inputDigest) {
    return entries_[name] = {.inputDigest = std::move(inputDigest)};
  }
  void erase(const std::string& name) { entries_.erase(name); }

 private:
  std::unordered_map<std::string, Entry> entries_;
};

KeyName keyName(const Invocation& invocation);

base::Error mismatch(std::string_view key);

}  // namespace faasbatch::runs
