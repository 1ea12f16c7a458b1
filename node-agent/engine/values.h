// What events, commands and messages between agents are made of.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "lib/base/payload.h"

namespace faasbatch::engine {

// A step instance of a run: numbers are given out in the order of the fold, so a replay gives the same ones.
using StepId = std::uint32_t;
using TimerKey = std::uint32_t;  // likewise

// A large output lies in a store under a key; a small one is here.
struct OutputRef {
  enum class Store { kInline, kNode, kCluster };
  Store store = Store::kInline;
  base::Payload payload;   // kInline
  std::string key;         // otherwise
  std::uint64_t size = 0;  // bytes of the JSON text
  friend bool operator==(const OutputRef&, const OutputRef&) = default;
};

// Names a stored output.
struct StoreKey {
  OutputRef::Store store = OutputRef::Store::kNode;
  std::string key;         // unique in a run, whatever the store
  std::uint64_t size = 0;  // of its text, where somebody is to read it; no part of the name
  friend auto operator<=>(const StoreKey& a, const StoreKey& b) {
    return std::tie(a.store, a.key) <=> std::tie(b.store, b.key);
  }
  friend bool operator==(const StoreKey& a, const StoreKey& b) {
    return std::tie(a.store, a.key) == std::tie(b.store, b.key);
  }
};

// An output as it travels between agents: one payload or stored object, or the list of a foreach, whose
// elements lie each where they lie.
struct OutputValue {
  OutputRef ref;
  std::vector<OutputValue> items;  // of a list
  bool list = false;
  friend bool operator==(const OutputValue&, const OutputValue&) = default;
};

struct RunError {
  std::string type;
  std::string message;
  std::string step;  // the name of the step that failed
  std::uint32_t attempts = 1;
  friend bool operator==(const RunError&, const RunError&) = default;
};

// Steps as the record shows them: JSON objects with commas between them.
struct StepRecords {
  std::string json;
  std::uint32_t count = 0;
  bool truncated = false;
  friend bool operator==(const StepRecords&, const StepRecords&) = default;
};

}  // namespace faasbatch::engine
