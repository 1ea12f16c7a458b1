#include "node-agent/journal/write_tables.h"

#include <algorithm>

namespace faasbatch::journal {

Outcome<WriteTables> WriteTables::load(Database& database) {
  WriteTables tables(database);
  if (auto ok = tables.prepareAll(); !ok) return std::unexpected(ok.error());
  if (auto ok = tables.loadState(); !ok) return std::unexpected(ok.error());
  return tables;
}

Outcome<void> WriteTables::prepareAll() {
  const std::pair<Statement*, const char*> all[] = {
      {&insertRun_, "INSERT INTO runs VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&insertEvents_, "INSERT INTO events VALUES(?, ?, ?)"},
      {&insertRecord_, "INSERT OR REPLACE INTO records VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&insertBody_, "INSERT INTO bodies VALUES(?, ?, ?, ?, ?, ?, ?)"},
      {&deleteRun_, "DELETE FROM runs WHERE seq = ?"},
      {&deleteEvents_, "DELETE FROM events WHERE run = ?"},
      {&oldest_, "SELECT seq, id, bytes, finished FROM bodies ORDER BY seq LIMIT ?"},
      {&deleteBody_, "DELETE FROM bodies WHERE seq = ?"},
      {&deleteRecord_, "DELETE FROM records WHERE id = ? AND body = ?"},
      {&insertManifest_,
       "INSERT INTO manifests(ns, name, digest, object, retired) VALUES(?, ?, ?, ?, NULL)"
       " ON CONFLICT(ns, name, digest) DO UPDATE SET object = excluded.object, retired = NULL"},
      {&retireManifests_,
       "UPDATE manifests SET retired = ? WHERE ns = ? AND name = ? AND digest <> ? AND retired IS NULL"},
      {&deleteManifests_, "DELETE FROM manifests WHERE retired < ?"},
  };
  for (const auto& [statement, sql] : all) {
    auto prepared = database_->prepare(sql);
    if (!prepared) return std::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  return {};
}

Outcome<void> WriteTables::loadState() {
  auto runs = database_->prepare(
      "SELECT id, seq, (SELECT coalesce(max(n), 0) FROM events WHERE run = seq) FROM runs");
  if (!runs) return std::unexpected(runs.error());
  while (true) {
    const auto row = runs->next();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    open_[runs->text(0)] = {runs->integer(1), runs->integer(2)};
    totals_.lastRun = std::max(totals_.lastRun, runs->integer(1));
  }
  const std::pair<std::int64_t*, const char*> all[] = {
      {&totals_.records, "SELECT count(*) FROM bodies"},
      {&totals_.bytes, "SELECT sum(bytes) FROM bodies"},
      {&totals_.lastBody, "SELECT max(seq) FROM bodies"},
  };
  for (const auto& [number, sql] : all) {
    const auto value = database_->number(sql);
    if (!value) return std::unexpected(value.error());
    *number = *value;
  }
  const auto retired = database_->number("SELECT max(retired) FROM manifests");
  if (!retired) return std::unexpected(retired.error());
  totals_.lastRun = std::max(totals_.lastRun, *retired);
  totals_.retired = true;  // the first round finds out
  return {};
}

Outcome<void> WriteTables::write(const Entry& entry) {
  return std::visit([this](const auto& what) { return put(what); }, entry.what);
}

void WriteTables::remember(const std::string& runId, std::optional<OpenRun> run) {
  const auto found = open_.find(runId);
  undo_.emplace_back(runId, found == open_.end() ? std::nullopt : std::optional(found->second));
  if (run) {
    open_.insert_or_assign(runId, *run);
  } else if (found != open_.end()) {
    open_.erase(found);
  }
}

void WriteTables::rolledBack() {
  for (auto change = undo_.rbegin(); change != undo_.rend(); ++change) {
    if (change->second) {
      open_.insert_or_assign(change->first, *change->second);
    } else {
      open_.erase(change->first);
    }
  }
  undo_.clear();
  totals_ = before_;
}

Outcome<void> WriteTables::put(const Begin& begin) {
  const RunHead& head = begin.head;
  if (open_.contains(head.id)) return put(Append{head.id, begin.events});
  const std::int64_t seq = totals_.lastRun + 1;
  const auto ok = insertRun_.run(seq, head.id, head.nameSpace, head.workflow, head.function,
                                 head.idempotencyKey, head.inputDigest, head.createdAt.ns, begin.events);
  if (!ok) return ok;
  totals_.lastRun = seq;
  remember(head.id, OpenRun{seq, 0});
  return {};
}

Outcome<void> WriteTables::put(const Append& append) {
  const auto found = open_.find(append.runId);
  if (found == open_.end()) return {};  // ended, or its begin() was refused
  const OpenRun next{found->second.seq, found->second.lastEvents + 1};
  if (auto ok = insertEvents_.run(next.seq, next.lastEvents, append.events); !ok) return ok;
  remember(append.runId, next);
  return {};
}

Outcome<void> WriteTables::put(const Finish& finish) {
  const FinishedRun& run = *finish.run;
  const RunHead& head = run.head;
  if (const auto found = open_.find(head.id); found != open_.end()) {
    const OpenRun open = found->second;
    if (auto ok = deleteRun_.run(open.seq); !ok) return ok;
    if (open.lastEvents > 0) {
      if (auto ok = deleteEvents_.run(open.seq); !ok) return ok;
    }
  }
  const std::int64_t body = totals_.lastBody + 1;
  const auto bytes = static_cast<std::int64_t>(journal::recordBytes(run));
  if (auto ok = insertBody_.run(body, head.id, run.finishedAt.ns, bytes, run.record, run.answer, run.logs);
      !ok)
    return ok;
  totals_.lastBody = body;
  totals_.records += 1;
  totals_.oldest = std::min(totals_.oldest, run.finishedAt);
  totals_.bytes += bytes;
  remember(head.id, std::nullopt);
  return insertRecord_.run(head.id, head.nameSpace, head.workflow, head.function, head.idempotencyKey,
                           head.inputDigest, head.createdAt.ns, run.finishedAt.ns, run.status,
                           std::int64_t{run.answerStatus}, body, run.summary);
}

Outcome<void> WriteTables::put(const PutManifest& put) {
  const StoredManifest& manifest = put.manifest;
  totals_.retired = true;
  if (auto ok = retireManifests_.run(totals_.lastRun, manifest.nameSpace, manifest.name, manifest.digest);
      !ok)
    return ok;
  return insertManifest_.run(manifest.nameSpace, manifest.name, manifest.digest, manifest.object);
}

Outcome<void> WriteTables::put(const DeleteManifest& remove) {
  totals_.retired = true;
  return retireManifests_.run(totals_.lastRun, remove.nameSpace, remove.name, std::string_view());
}

bool WriteTables::overBy(const Journal::Limits& limits, double share) const {
  return static_cast<double>(totals_.records) > static_cast<double>(limits.maxRecords) * (1 + share) ||
         static_cast<double>(totals_.bytes) > static_cast<double>(limits.maxRecordBytes) * (1 + share);
}

bool WriteTables::anythingToDrop(const Journal::Limits& limits, base::Instant now) const {
  return totals_.retired || overBy(limits, 0) ||
         (totals_.records > 0 && now > totals_.oldest && now - totals_.oldest > limits.maxAge);
}

Outcome<std::size_t> WriteTables::prune(const Journal::Limits& limits, base::Instant now, std::size_t most) {
  struct Oldest {
    std::int64_t seq;
    std::string id;
    std::int64_t bytes;
    base::Instant finished;
  };
  std::vector<Oldest> found;
  oldest_.query(static_cast<std::int64_t>(most));
  while (true) {
    const auto row = oldest_.next();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    found.push_back({oldest_.integer(0), oldest_.text(1), oldest_.integer(2), {oldest_.integer(3)}});
  }
  std::size_t dropped = 0;
  totals_.oldest = found.empty() ? base::Instant::never() : found.front().finished;
  for (const Oldest& old : found) {
    totals_.oldest = old.finished;
    if (!overBy(limits, 0) && now - old.finished <= limits.maxAge) break;
    if (auto ok = deleteBody_.run(old.seq); !ok) return std::unexpected(ok.error());
    if (auto ok = deleteRecord_.run(old.id, old.seq); !ok) return std::unexpected(ok.error());
    totals_.records -= 1;
    totals_.bytes -= old.bytes;
    ++dropped;
  }
  return dropped;
}

Outcome<void> WriteTables::pruneManifests() {
  if (!totals_.retired) return {};
  std::int64_t oldestOpen = totals_.lastRun + 1;
  for (const auto& [id, run] : open_) oldestOpen = std::min(oldestOpen, run.seq);
  if (auto ok = deleteManifests_.run(oldestOpen); !ok) return ok;
  const auto left = database_->number("SELECT count(*) FROM manifests WHERE retired IS NOT NULL");
  if (!left) return std::unexpected(left.error());
  totals_.retired = *left > 0;
  return {};
}

}  // namespace faasbatch::journal
