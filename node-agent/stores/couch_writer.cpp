#include "node-agent/stores/couch_writer.h"

#include <algorithm>
#include <utility>

namespace faasbatch::stores {

CouchWriter::~CouchWriter() {
  *alive_ = false;
  std::vector<Done> all;
  const auto giveUp = [&](const WritePtr& write) {
    loop_.cancel(write->timer);
    if (write->done) all.push_back(std::exchange(write->done, nullptr));
  };
  for (const WritePtr& write : waiting_) giveUp(write);
  for (const auto& [id, write] : underWay_) giveUp(write);
  if (all.empty()) return;
  loop_.post([all = std::move(all), where = client_.where()]() mutable {
    for (Done& done : all) done(base::fail("StoreUnavailable", where + ": the store is being closed"));
  });
}

void CouchWriter::write(std::string id, std::optional<Value> value, base::Instant expires,
                        base::Instant deadline, Done done) {
  const std::size_t bytes = id.size() + (value ? value->bytes.size() : 0);
  if (waiting_.size() + underWay_.size() >= kMaxCouchWrites || bytes_ + bytes > kMaxCouchWriteBytes) {
    loop_.post([done = std::move(done), where = client_.where()]() mutable {
      done(base::fail("StoreUnavailable", where + " is too slow: too many writes wait for it already"));
    });
    return;
  }
  const auto added =
      std::make_shared<Write>(std::move(id), std::move(value), expires, deadline, std::move(done));
  added->bytes = bytes;
  bytes_ += bytes;
  if (deadline != base::Instant::never()) {
    added->timer = loop_.at(deadline, [this, added] {
      added->timer = 0;
      if (auto late = std::exchange(added->done, nullptr)) {
        late(base::fail("StoreUnavailable", client_.where() + " is slow: the deadline has passed"));
      }
    });
  }
  waiting_.push_back(added);
  planSoon();
}

// After what is queued on the loop: writes that come in one turn are seen together.
void CouchWriter::planSoon() {
  if (std::exchange(planned_, true)) return;
  loop_.post([this, alive = alive_] {
    if (!*alive) return;
    planned_ = false;
    plan();
  });
}

void CouchWriter::plan() {
  Group group;
  std::size_t size = 0;
  std::deque<WritePtr> later;
  std::unordered_set<std::string> blocked;  // a write of this document waits: those behind it wait as well
  for (const WritePtr& write : std::exchange(waiting_, {})) {
    const bool room = write->large() ? large_ < kMaxLargeWrites
                                     : !bulk_ && group.size() < kMaxBulkDocuments && size < kMaxBulkBytes;
    if (!write->done) {
      bytes_ -= write->bytes;  // its deadline has passed
    } else if (!room || underWay_.contains(write->id) || blocked.contains(write->id)) {
      blocked.insert(write->id);
      later.push_back(write);
    } else {
      underWay_.emplace(write->id, write);
      if (write->large()) {
        startLarge(write);
      } else {
        size += write->bytes;
        group.push_back(write);
      }
    }
  }
  waiting_ = std::move(later);
  if (group.empty()) return;
  bulk_ = true;
  ask(group, [this, group] { sendBulk(group); });
}

base::Instant CouchWriter::latestDeadline(const Group& group) const {
  base::Instant latest = loop_.now();
  for (const WritePtr& write : group) latest = std::max(latest, write->deadline);
  return latest;
}

// Gets the revisions that a write needs and nobody knows, then goes on; on an error with what is known.
void CouchWriter::ask(const Group& group, std::function<void()> then) {
  std::vector<std::string> ids;
  for (const WritePtr& write : group) {
    const bool needed = !write->value && revision(write->id).empty();
    if (needed || write->askRevision) ids.push_back(write->id);
  }
  if (ids.empty()) return then();
  client_.call(
      "POST", "/_all_docs", encodeKeys(ids), latestDeadline(group),
      [this, alive = alive_, group, then = std::move(then)](const base::Result<net::Response>& response) {
        if (!*alive) return;
        if (response) learn(group, *response);
        for (const WritePtr& write : group) {
          if (!response && (write->askRevision || !write->value)) failed(write, response.error());
        }
        then();
      });
}

void CouchWriter::learn(const Group& group, const net::Response& response) {
  const auto states = decodeAllDocsAnswer(response.body);
  for (const DocumentState& state : states.value_or(std::vector<DocumentState>())) {
    const bool there = state.error.empty() && !state.deleted && !state.rev.empty();
    if (there) {
      remember(state.id, state.rev);
    } else {
      revisions_.erase(state.id);
    }
  }
  for (const WritePtr& write : group) {
    write->askRevision = false;
    if (!states) {
      failed(write, states.error());
    } else if (!write->value && revision(write->id).empty()) {
      succeeded(write, "");  // nothing is there to be deleted
    }
  }
}

std::string CouchWriter::document(const Write& write) const {
  const std::string rev = revision(write.id);
  return write.value ? encodeDocument(write.id, *write.value, write.expires, rev)
                     : encodeDeletion(write.id, rev);
}

void CouchWriter::sendBulk(const Group& group) {
  Group open;
  std::string body = R"({"docs":[)";
  for (const WritePtr& write : group) {
    if (!underWay_.contains(write->id)) continue;  // ended while the revisions were asked for
    if (!open.empty()) body += ',';
    body += document(*write);
    open.push_back(write);
  }
  if (open.empty()) {
    bulk_ = false;
    return planSoon();
  }
  body += "]}";
  client_.call("POST", "/_bulk_docs", std::move(body), latestDeadline(open),
               [this, alive = alive_, open](const base::Result<net::Response>& result) {
                 if (*alive) bulkEnded(open, result);
               });
}

void CouchWriter::bulkEnded(const Group& group, const base::Result<net::Response>& result) {
  bulk_ = false;
  planSoon();
  const auto states = result ? decodeBulkAnswer(result->body)
                             : base::Result<std::vector<DocumentState>>(std::unexpected(result.error()));
  std::unordered_map<std::string, const DocumentState*> byId;
  if (states) {
    for (const DocumentState& state : *states) byId.emplace(state.id, &state);
  }
  for (const WritePtr& write : group) {
    const auto found = byId.find(write->id);
    if (!states) {
      failed(write, states.error());
    } else if (found == byId.end()) {
      failed(write, {"StoreUnavailable", client_.where() + " leaves a document out of its answer"});
    } else if (found->second->error == "conflict") {
      conflicted(write);
    } else if (!found->second->error.empty()) {
      failed(write, {"StoreUnavailable", client_.where() + " refuses [" + found->second->error + ": " +
                                             found->second->reason + "]"});
    } else {
      succeeded(write, found->second->rev);
    }
  }
}

void CouchWriter::startLarge(const WritePtr& write) {
  ++large_;
  ask({write}, [this, write] { sendLarge(write); });
}

void CouchWriter::sendLarge(const WritePtr& write) {
  if (!underWay_.contains(write->id)) {
    --large_;
    return planSoon();
  }
  client_.call(
      "PUT", documentTarget(write->id), document(*write), write->deadline,
      [this, alive = alive_, write](const base::Result<net::Response>& result) {
        if (!*alive) return;
        --large_;
        planSoon();
        constexpr int kConflict = 409;
        if (!result) return failed(write, result.error());
        if (result->status == kConflict) return conflicted(write);
        const auto states = decodeBulkAnswer("[" + result->body + "]");
        if (!states || states->empty())
          return failed(write, {"StoreUnavailable", client_.where() + " gives no revision"});
        succeeded(write, states->front().rev);
      },
      revision(write->id));
}

// Somebody else has written the document: theirs is read for its revision, and ours follows it.
void CouchWriter::conflicted(const WritePtr& write) {
  revisions_.erase(write->id);
  if (++write->conflicts > kMaxConflicts) {
    return failed(write, {"StoreUnavailable",
                          client_.where() + ": others keep writing " + write->id + " at the same time"});
  }
  underWay_.erase(write->id);
  if (!write->done) {
    bytes_ -= write->bytes;
    return;
  }
  write->askRevision = true;
  waiting_.push_front(write);
  planSoon();
}

void CouchWriter::succeeded(const WritePtr& write, const std::string& rev) {
  if (write->value) {
    remember(write->id, rev);
  } else {
    revisions_.erase(write->id);
  }
  finish(write, {});
}

void CouchWriter::failed(const WritePtr& write, const base::Error& error) {
  revisions_.erase(write->id);  // it may have been written all the same
  finish(write, std::unexpected(error));
}

// `done` in a task of its own: it may do anything, even destroy this.
void CouchWriter::finish(const WritePtr& write, base::Result<void> result) {
  const auto found = underWay_.find(write->id);
  if (found == underWay_.end() || found->second != write) return;
  underWay_.erase(found);
  bytes_ -= write->bytes;
  loop_.cancel(std::exchange(write->timer, 0));
  if (!write->done) return;
  loop_.post([done = std::exchange(write->done, nullptr), result = std::move(result)]() mutable {
    done(std::move(result));
  });
}

std::string CouchWriter::revision(const std::string& id) const {
  const auto found = revisions_.find(id);
  return found == revisions_.end() ? "" : found->second;
}

void CouchWriter::remember(const std::string& id, const std::string& rev) {
  if (revisions_.insert_or_assign(id, rev).second) revisionOrder_.push_back(id);
  while (revisionOrder_.size() > kMaxKnownRevisions) {
    revisions_.erase(revisionOrder_.front());
    revisionOrder_.pop_front();
  }
}

}  // namespace faasbatch::stores
