#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "node-agent/stores/key.h"
#include "node-agent/stores/store.h"
#include "node-agent/stores/store_metrics.h"

namespace faasbatch::stores {
namespace {

constexpr base::Duration kSweepEvery = std::chrono::seconds(30);
constexpr std::size_t kEntryOverhead = 128;  // hash node and strings

std::size_t entryBytes(const std::string& key, const Value& value) {
  return kEntryOverhead + key.size() + value.bytes.size();
}

// Invariants: (1) bytes_ is the sum of entryBytes; (2) expiries_ holds exactly the entries that expire; (3) a
// sweep timer is armed whenever expiries_ is not empty.
class MemoryStore final : public Store {
 public:
  MemoryStore(base::Loop& loop, telemetry::Registry& metrics, MemoryOptions options)
      : loop_(loop),
        options_(options),
        metrics_(metrics, "memory"),
        bytesGauge_(
            metrics.gauge("faasbatch_store_memory_bytes", "Bytes of keys and values in the memory store")) {}

  ~MemoryStore() override {
    loop_.cancel(sweep_);
    bytesGauge_.set(0);
  }

  std::string kind() const override { return "memory"; }

  void put(const std::string& key, Value value, base::Duration ttl, base::Instant /*deadline*/,
           std::move_only_function<void(base::Result<void>)> done) override {
    answer(Operation::kPut, std::move(done), insert(key, std::move(value), ttl));
  }

  void get(const std::string& key, base::Instant /*deadline*/,
           std::move_only_function<void(base::Result<std::optional<Value>>)> done) override {
    std::shared_ptr<const Value> found;
    const base::Result<void> ok = checkKey(key);
    if (const auto at = ok ? entries_.find(key) : entries_.end(); at != entries_.end()) {
      if (at->second.expires > loop_.now()) {
        found = at->second.value;
      } else {
        erase(key);
      }
    }
    counted(Operation::kGet, ok.has_value());
    // Copied when it is handed over, and not before: many may be asked for at once.
    loop_.post([done = std::move(done), ok, found = std::move(found)]() mutable {
      if (!ok) return done(std::unexpected(ok.error()));
      done(found ? std::optional(*found) : std::nullopt);
    });
  }

  void remove(std::vector<std::string> keys, base::Instant /*deadline*/,
              std::move_only_function<void(base::Result<void>)> done) override {
    base::Result<void> result;
    for (const std::string& key : keys) {
      if (auto ok = checkKey(key); !ok) result = ok;
    }
    if (result) {
      for (const std::string& key : keys) erase(key);
    }
    answer(Operation::kRemove, std::move(done), std::move(result));
  }

 private:
  struct Entry {
    std::shared_ptr<const Value> value;
    base::Instant expires = base::Instant::never();
  };

  void counted(Operation operation, bool went) {
    metrics_.count(operation, went, base::Duration(0));
    bytesGauge_.set(static_cast<std::int64_t>(bytes_));
  }

  template <class Done, class Result>
  void answer(Operation operation, Done done, Result result) {
    counted(operation, result.has_value());
    loop_.post([done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
  }

  base::Result<void> insert(const std::string& key, Value value, base::Duration ttl) {
    if (auto ok = checkPut(key, value); !ok) return ok;
    const std::size_t added = entryBytes(key, value);
    if (bytesWithout(key) + added > options_.maxBytes) sweepExpired();
    if (bytesWithout(key) + added > options_.maxBytes) {
      return base::fail("StoreUnavailable", "the memory store is full (" + std::to_string(options_.maxBytes) +
                                                " bytes): let runs end, or give the agent a Redis (--redis)");
    }
    erase(key);
    const base::Instant expires = ttl.count() > 0 ? loop_.now() + ttl : base::Instant::never();
    entries_.emplace(key, Entry{std::make_shared<const Value>(std::move(value)), expires});
    bytes_ += added;
    if (expires != base::Instant::never()) {
      expiries_.emplace(expires, key);
      armSweep();
    }
    return {};
  }

  std::size_t bytesWithout(const std::string& key) const {
    const auto at = entries_.find(key);
    return at == entries_.end() ? bytes_ : bytes_ - entryBytes(key, *at->second.value);
  }

  void erase(const std::string& key) {
    const auto at = entries_.find(key);
    if (at == entries_.end()) return;
    bytes_ -= entryBytes(key, *at->second.value);
    expiries_.erase({at->second.expires, key});
    entries_.erase(at);
  }

  void sweepExpired() {
    const base::Instant now = loop_.now();
    while (!expiries_.empty() && expiries_.begin()->first <= now) {
      const std::string key = expiries_.begin()->second;
      erase(key);
    }
  }

  void armSweep() {
    if (sweep_ != 0 || expiries_.empty()) return;
    sweep_ = loop_.after(kSweepEvery, [this] {
      sweep_ = 0;
      sweepExpired();
      bytesGauge_.set(static_cast<std::int64_t>(bytes_));
      armSweep();
    });
  }

  base::Loop& loop_;
  const MemoryOptions options_;
  StoreMetrics metrics_;
  telemetry::Gauge& bytesGauge_;
  std::unordered_map<std::string, Entry> entries_;
  std::set<std::pair<base::Instant, std::string>> expiries_;
  std::size_t bytes_ = 0;
  base::TimerId sweep_ = 0;
};

}  // namespace

std::unique_ptr<Store> makeMemoryStore(base::Loop& loop, telemetry::Registry& metrics,
                                       MemoryOptions options) {
  return std::make_unique<MemoryStore>(loop, metrics, options);
}

}  // namespace faasbatch::stores
