// Writes documents to CouchDB: small ones that come together share a _bulk_docs, large ones go alone;
// conflicts are resolved.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/loop.h"
#include "node-agent/stores/couch_client.h"
#include "node-agent/stores/couch_document.h"

namespace faasbatch::stores {

inline constexpr std::size_t kMaxCouchWrites = 10'000;                      // waiting or under way
inline constexpr std::size_t kMaxCouchWriteBytes = std::size_t{256} << 20;  // of those
inline constexpr std::size_t kMaxBulkDocuments = 500;
inline constexpr std::size_t kMaxBulkBytes = std::size_t{4} << 20;
inline constexpr std::size_t kMaxLargeWrites = 4;  // under way beside the bulk
inline constexpr int kMaxConflicts = 16;           // of one write; then "StoreUnavailable"
inline constexpr std::size_t kMaxKnownRevisions = 10'000;

// Invariants: (1) at most one write of a document is under way; (2) writes of a document are sent in the
// order they came, so the last one wins; (3) at most one bulk is under way, what comes meanwhile goes with
// the next. Loop thread only.
class CouchWriter {
 public:
  using Done = std::move_only_function<void(base::Result<void>)>;

  CouchWriter(base::Loop& loop, CouchClient& client) : loop_(loop), client_(client) {}
  ~CouchWriter();  // what is not done ends "StoreUnavailable", in a task of its own
  CouchWriter(const CouchWriter&) = delete;
  CouchWriter& operator=(const CouchWriter&) = delete;

  // No value: the document is deleted, if there is one. `done` never from inside the call.
  void write(std::string id, std::optional<Value> value, base::Instant expires, base::Instant deadline,
             Done done);

 private:
  struct Write {
    std::string id;
    std::optional<Value> value;
    base::Instant expires;
    base::Instant deadline;
    Done done;  // empty: given up at its deadline
    base::TimerId timer = 0;
    bool askRevision = false;  // the known one is wrong or missing
    int conflicts = 0;
    std::size_t bytes = 0;
    bool large() const { return value && value->bytes.size() > kInlineBytes; }
  };
  using WritePtr = std::shared_ptr<Write>;
  using Group = std::vector<WritePtr>;

  void planSoon();
  void plan();
  void sendBulk(const Group& group);
  void bulkEnded(const Group& group, const base::Result<net::Response>& result);
  void startLarge(const WritePtr& write);
  void sendLarge(const WritePtr& write);
  void ask(const Group& group, std::function<void()> then);
  void learn(const Group& group, const net::Response& response);
  void conflicted(const WritePtr& write);
  void succeeded(const WritePtr& write, const std::string& rev);
  void failed(const WritePtr& write, const base::Error& error);
  void finish(const WritePtr& write, base::Result<void> result);
  std::string document(const Write& write) const;
  std::string revision(const std::string& id) const;
  void remember(const std::string& id, const std::string& rev);
  base::Instant latestDeadline(const Group& group) const;

  base::Loop& loop_;
  CouchClient& client_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::deque<WritePtr> waiting_;
  std::unordered_map<std::string, WritePtr> underWay_;  // by id
  std::unordered_map<std::string, std::string> revisions_;
  std::deque<std::string> revisionOrder_;  // oldest first; may name some that are gone
  std::size_t bytes_ = 0;
  std::size_t large_ = 0;
  bool bulk_ = false;
  bool planned_ = false;
};

}  // namespace faasbatch::stores
