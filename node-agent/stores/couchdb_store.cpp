#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/stores/couch_client.h"
#include "node-agent/stores/couch_document.h"
#include "node-agent/stores/couch_writer.h"
#include "node-agent/stores/key.h"
#include "node-agent/stores/store.h"
#include "node-agent/stores/store_metrics.h"

namespace faasbatch::stores {
namespace {

constexpr std::size_t kMaxReads = 10'000;  // under way

class CouchdbStore final : public Store {
 public:
  CouchdbStore(base::Loop& loop, telemetry::Registry& registry, std::unique_ptr<CouchClient> client,
               CouchdbOptions options)
      : loop_(loop),
        options_(options),
        metrics_(std::make_shared<StoreMetrics>(registry, "couchdb")),
        client_(std::move(client)),
        writer_(loop, *client_) {
    armSweep();
  }

  ~CouchdbStore() override {
    *alive_ = false;
    loop_.cancel(sweep_);
    for (auto& [id, read] : reads_) {
      loop_.cancel(read.timer);
      loop_.post([done = std::move(read.done), where = client_->where()]() mutable {
        done(base::fail("StoreUnavailable", where + ": the store is being closed"));
      });
    }
  }

  std::string kind() const override { return "couchdb"; }

  void put(const std::string& key, Value value, base::Duration ttl, base::Instant deadline,
           std::move_only_function<void(base::Result<void>)> done) override {
    if (auto ok = checkPut(key, value); !ok) return refuse(std::move(done), ok.error());
    const base::Instant expires = ttl.count() > 0 ? loop_.now() + ttl : base::Instant::never();
    writer_.write(documentId(key), std::move(value), expires, deadline,
                  counted(Operation::kPut, std::move(done)));
  }

  void get(const std::string& key, base::Instant deadline,
           std::move_only_function<void(base::Result<std::optional<Value>>)> done) override {
    if (auto ok = checkKey(key); !ok) return refuse(std::move(done), ok.error());
    if (reads_.size() >= kMaxReads) {
      return refuse(std::move(done), {"StoreUnavailable",
                                      client_->where() + " is too slow: too many reads wait for it already"});
    }
    const std::uint64_t id = ++lastRead_;
    Read& read = reads_[id];
    read.done = std::move(done);
    read.start = loop_.now();
    if (deadline != base::Instant::never()) {
      read.timer = loop_.at(deadline, [this, id] {
        endRead(id, base::fail("StoreUnavailable", client_->where() + " is slow: the deadline has passed"));
      });
    }
    client_->call("GET", documentTarget(documentId(key)) + "?attachments=true", "", deadline,
                  [this, alive = alive_, id](const base::Result<net::Response>& response) {
                    if (*alive) endRead(id, valueOf(response));
                  });
  }

  void remove(std::vector<std::string> keys, base::Instant deadline,
              std::move_only_function<void(base::Result<void>)> done) override {
    for (const std::string& key : keys) {
      if (auto ok = checkKey(key); !ok) return refuse(std::move(done), ok.error());
    }
    std::ranges::sort(keys);
    keys.erase(std::ranges::unique(keys).begin(), keys.end());
    if (keys.empty()) return loop_.post([done = std::move(done)]() mutable { done({}); });
    struct All {
      std::size_t left;
      base::Result<void> result;
      std::move_only_function<void(base::Result<void>)> done;
    };
    const auto all = std::make_shared<All>(keys.size(), base::Result<void>(),
                                           counted(Operation::kRemove, std::move(done)));
    for (const std::string& key : keys) {
      writer_.write(documentId(key), std::nullopt, base::Instant::never(), deadline,
                    [all](base::Result<void> result) {
                      if (!result) all->result = std::move(result);
                      if (--all->left == 0) all->done(std::move(all->result));
                    });
    }
  }

 private:
  struct Read {
    std::move_only_function<void(base::Result<std::optional<Value>>)> done;
    base::TimerId timer = 0;
    base::Instant start;
  };

  template <class Done>
  void refuse(Done done, base::Error error) {
    loop_.post([done = std::move(done), error = std::move(error)]() mutable {
      done(std::unexpected(std::move(error)));
    });
  }

  std::move_only_function<void(base::Result<void>)> counted(
      Operation operation, std::move_only_function<void(base::Result<void>)> done) {
    return [&loop = loop_, metrics = metrics_, operation, start = loop_.now(),
            done = std::move(done)](base::Result<void> result) mutable {
      metrics->count(operation, result.has_value(), loop.now() - start);
      done(std::move(result));
    };
  }

  base::Result<std::optional<Value>> valueOf(const base::Result<net::Response>& response) const {
    constexpr int kNotFound = 404;
    if (!response) return std::unexpected(response.error());
    if (response->status == kNotFound) return std::nullopt;
    auto document = decodeDocument(response->body);
    if (!document) return std::unexpected(document.error());
    if (document->expires <= loop_.now()) return std::nullopt;
    return std::move(document->value);
  }

  void endRead(std::uint64_t id, base::Result<std::optional<Value>> result) {
    auto node = reads_.extract(id);
    if (node.empty()) return;
    Read& read = node.mapped();
    loop_.cancel(read.timer);
    metrics_->count(Operation::kGet, result.has_value(), loop_.now() - read.start);
    read.done(std::move(result));
  }

  void armSweep() {
    sweep_ = loop_.after(options_.sweepEvery, [this] {
      sweep_ = 0;
      sweep();
    });
  }

  // Deletes what has expired, by whichever agent it was written. Two agents that sweep at once conflict,
  // which does no harm.
  void sweep() {
    client_->call("POST", "/_find", encodeExpiredQuery(loop_.now()), loop_.now() + kCouchLongestCall,
                  [this, alive = alive_](const base::Result<net::Response>& response) {
                    if (*alive) deleteExpired(response);
                  });
  }

  void deleteExpired(const base::Result<net::Response>& response) {
    const auto found = response ? decodeFindAnswer(response->body) : std::unexpected(response.error());
    const std::int64_t now = loop_.now().ns / 1'000'000;
    std::string body;
    for (const DocumentState& state : found.value_or(std::vector<DocumentState>())) {
      if (state.expires <= 0 || state.expires > now) continue;  // whatever the query has given
      body += (body.empty() ? R"({"docs":[)" : ",") + encodeDeletion(state.id, state.rev);
    }
    if (body.empty()) return armSweep();
    client_->call("POST", "/_bulk_docs", body + "]}", loop_.now() + kCouchLongestCall,
                  [this, alive = alive_](const base::Result<net::Response>&) {
                    if (*alive) armSweep();
                  });
  }

  base::Loop& loop_;
  const CouchdbOptions options_;
  const std::shared_ptr<StoreMetrics> metrics_;  // counts those that end when the store is gone, too
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<CouchClient> client_;
  CouchWriter writer_;
  std::unordered_map<std::uint64_t, Read> reads_;
  std::uint64_t lastRead_ = 0;
  base::TimerId sweep_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<Store>> makeCouchdbStore(base::Loop& loop, telemetry::Registry& metrics,
                                                      const std::string& url, CouchdbOptions options) {
  auto client = CouchClient::make(loop, url);
  if (!client) return std::unexpected(client.error());
  return std::make_unique<CouchdbStore>(loop, metrics, std::move(*client), options);
}

}  // namespace faasbatch::stores
