#include "node-agent/journal/queries.h"

#include "node-agent/journal/entry.h"

namespace faasbatch::journal {
namespace {

// Columns 0 to 6: id, ns, workflow, function, key, digest, created.
RunHead headOf(const Statement& row) {
  return {row.text(0), row.text(1), row.text(2), row.text(3), row.text(4), row.text(5), {row.integer(6)}};
}

}  // namespace

Outcome<Queries> Queries::prepare(Database& database) {
  Queries queries;
  const std::pair<Statement*, const char*> all[] = {
      {&queries.find_,
       "SELECT r.id, ns, workflow, function, key, digest, created, r.finished, status, answer_status, "
       "summary, record,"
       " answer, logs FROM records r JOIN bodies b ON b.seq = r.body WHERE r.id = ?1 AND ns = ?2"},
      {&queries.list_,
       "SELECT id, summary FROM records WHERE id < ?1 AND (?2 = '' OR ns = ?2) AND (?3 = '' OR workflow = ?3)"
       " AND (?4 = '' OR status = ?4) ORDER BY id DESC LIMIT ?5"},
      {&queries.openKey_,
       "SELECT id, ns, workflow, function, key, digest, created FROM runs WHERE key <> '' AND key = ?1 AND "
       "ns = ?2"
       " AND workflow = ?3 AND function = ?4 AND created > ?5 ORDER BY created DESC LIMIT 1"},
      {&queries.endedKey_,
       "SELECT id, created FROM records WHERE key <> '' AND key = ?1 AND ns = ?2 AND workflow = ?3 AND "
       "function = ?4"
       " AND created > ?5 ORDER BY created DESC LIMIT 1"},
      {&queries.manifests_, "SELECT ns, name, digest, object, retired IS NULL FROM manifests ORDER BY seq"},
      {&queries.runs_,
       "SELECT id, ns, workflow, function, key, digest, created, seq, events FROM runs ORDER BY seq"},
      {&queries.events_, "SELECT n, lines FROM events WHERE run = ? ORDER BY n"},
  };
  for (const auto& [statement, sql] : all) {
    auto prepared = database.prepare(sql);
    if (!prepared) return std::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  return queries;
}

Outcome<std::optional<FinishedRun>> Queries::find(const std::string& nameSpace, const std::string& id) {
  find_.query(id, nameSpace);
  const auto row = find_.next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  FinishedRun run;
  run.head = headOf(find_);
  run.finishedAt = {find_.integer(7)};
  run.status = find_.text(8);
  run.answerStatus = static_cast<std::int32_t>(find_.integer(9));
  run.summary = find_.text(10);
  run.record = find_.text(11);
  run.answer = find_.text(12);
  run.logs = find_.text(13);
  find_.reset();
  return run;
}

Outcome<std::vector<std::pair<std::string, std::string>>> Queries::list(const ListQuery& query) {
  static const std::string kBehindAll = "\x7f";  // ids are ASCII
  std::vector<std::pair<std::string, std::string>> found;
  list_.query(query.beforeId.empty() ? kBehindAll : query.beforeId, query.nameSpace, query.workflow,
              query.status, static_cast<std::int64_t>(query.limit) + 1);
  while (true) {
    const auto row = list_.next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return found;
    found.emplace_back(list_.text(0), list_.text(1));
  }
}

Outcome<std::optional<Journal::KeyOwner>> Queries::findKey(const KeyName& key, base::Instant since) {
  std::optional<Journal::KeyOwner> owner;
  openKey_.query(key.key, key.nameSpace, key.workflow, key.function, since.ns);
  const auto open = openKey_.next();
  if (!open) return std::unexpected(open.error());
  if (*open) {
    owner = Journal::KeyOwner{headOf(openKey_), std::nullopt};
    openKey_.reset();
  }
  endedKey_.query(key.key, key.nameSpace, key.workflow, key.function, since.ns);
  const auto ended = endedKey_.next();
  if (!ended) return std::unexpected(ended.error());
  if (!*ended) return owner;
  const std::string id = endedKey_.text(0);
  const base::Instant created{endedKey_.integer(1)};
  endedKey_.reset();
  if (owner && owner->head.createdAt > created) return owner;
  auto run = find(key.nameSpace, id);
  if (!run) return std::unexpected(run.error());
  if (*run) owner = Journal::KeyOwner{(*run)->head, std::move(*run)};
  return owner;
}

Outcome<void> Queries::manifests(std::vector<StoredManifest>& found) {
  manifests_.query();
  while (true) {
    const auto row = manifests_.next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    found.push_back({manifests_.text(0), manifests_.text(1), manifests_.text(2), manifests_.text(3),
                     manifests_.integer(4) != 0});
  }
}

Outcome<void> Queries::unfinished(UnfinishedRuns& found) {
  runs_.query();
  while (true) {
    const auto row = runs_.next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    found.begin(headOf(runs_));
    eachLine(runs_.text(8), [&](std::string_view line) { found.event(line); });
    const auto ok = moreEvents(runs_.integer(7), found);
    found.end();
    if (!ok) {
      runs_.reset();
      return ok;
    }
  }
}

Outcome<void> Queries::moreEvents(std::int64_t run, UnfinishedRuns& found) {
  events_.query(run);
  for (std::int64_t n = 0;;) {
    const auto more = events_.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    if (events_.integer(0) != n + 1) continue;
    eachLine(events_.text(1), [&](std::string_view line) { found.event(line); });
    ++n;
  }
}

}  // namespace faasbatch::journal
