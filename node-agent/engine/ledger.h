// What one run holds on to in memory beside its steps: counted as it comes and goes, so that asking costs
// nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "node-agent/engine/values.h"

namespace faasbatch::engine {

// What is so large is counted once however many hold it; what is smaller, for each of them.
inline constexpr std::size_t kCountedOnce = 4096;

// Outlives every Output and Holding that was made with it.
struct Ledger {
  std::size_t bytes = 0;           // of texts, values and lists, an estimate
  std::uint32_t stored = 0;        // outputs that lie in a store
  std::vector<StoreKey> dropped;   // stored outputs whose last user has gone, to be released
  std::vector<StoreKey> released;  // those for which Release was given
  std::unordered_map<const void*, std::uint32_t> holders;  // of what is counted once, by where it lies
};

// `size` bytes at `what`, counted in the ledger for as long as this lives.
class Holding {
 public:
  Holding() = default;
  Holding(Ledger& ledger, const void* what, std::size_t size) : ledger_(&ledger), what_(what), size_(size) {
    if (size_ < kCountedOnce || ++ledger_->holders[what_] == 1) ledger_->bytes += size_;
  }
  Holding(Holding&& other) noexcept { *this = std::move(other); }
  Holding& operator=(Holding&& other) noexcept {
    std::swap(ledger_, other.ledger_);
    std::swap(what_, other.what_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Holding() {
    if (!ledger_) return;
    if (size_ >= kCountedOnce) {
      const auto holders = ledger_->holders.find(what_);
      if (--holders->second > 0) return;
      ledger_->holders.erase(holders);
    }
    ledger_->bytes -= size_;
  }

 private:
  Ledger* ledger_ = nullptr;
  const void* what_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace faasbatch::engine
