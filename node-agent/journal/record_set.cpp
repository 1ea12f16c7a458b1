#include "node-agent/journal/record_set.h"

#include <utility>

namespace faasbatch::journal {
namespace {

constexpr std::size_t kRecordOverhead = 512;  // heads, map nodes, index rows

}  // namespace

std::size_t recordBytes(const FinishedRun& run) {
  return kRecordOverhead + run.record.size() + run.summary.size() + run.logs.size() + run.answer.size();
}

bool matches(const ListQuery& query, const FinishedRun& run) {
  return (query.nameSpace.empty() || query.nameSpace == run.head.nameSpace) &&
         (query.workflow.empty() || query.workflow == run.head.workflow) &&
         (query.status.empty() || query.status == run.status) &&
         (query.beforeId.empty() || run.head.id < query.beforeId);
}

void RecordSet::put(SharedRun run) {
  erase(run->head.id);
  bytes_ += recordBytes(*run);
  if (!run->head.idempotencyKey.empty()) byKey_[KeyName::of(run->head)][run->head.id] = run;
  const std::string& id = run->head.id;
  runs_.emplace(id, std::move(run));
}

void RecordSet::erase(const std::string& id) {
  const auto found = runs_.find(id);
  if (found == runs_.end()) return;
  const SharedRun run = found->second;
  bytes_ -= recordBytes(*run);
  if (const auto key = byKey_.find(KeyName::of(run->head)); key != byKey_.end()) {
    key->second.erase(run->head.id);
    if (key->second.empty()) byKey_.erase(key);
  }
  runs_.erase(found);
}

SharedRun RecordSet::find(const std::string& nameSpace, const std::string& id) const {
  const auto found = runs_.find(id);
  return found != runs_.end() && found->second->head.nameSpace == nameSpace ? found->second : nullptr;
}

std::vector<SharedRun> RecordSet::list(const ListQuery& query) const {
  std::vector<SharedRun> found;
  auto at = query.beforeId.empty() ? runs_.end() : runs_.lower_bound(query.beforeId);
  while (at != runs_.begin() && found.size() <= query.limit) {
    --at;
    if (matches(query, *at->second)) found.push_back(at->second);
  }
  return found;
}

SharedRun RecordSet::findKey(const KeyName& key) const {
  const auto found = byKey_.find(key);
  return found == byKey_.end() ? nullptr : found->second.rbegin()->second;
}

}  // namespace faasbatch::journal
