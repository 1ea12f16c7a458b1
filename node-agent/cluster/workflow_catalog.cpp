#include "node-agent/cluster/workflow_catalog.h"

#include "lib/json/path.h"
#include "lib/telemetry/log.h"

namespace faasbatch::clusterview {

WorkflowCatalog::WorkflowCatalog(Dependencies dependencies) : deps_(std::move(dependencies)) {
  feed_ = deps_.feed(
      {.onNews = [this](WorkflowNews news) { onNews(std::move(news)); },
       .onDeleted = [this](const kube::ObjectKey& key, const std::string& uid) { onDeleted(key, uid); },
       .onSynced = [this] { onFeedSynced(); }});
  sweepTimer_ = deps_.loop.after(kSweepTime, [this] { sweep(); });
}

WorkflowCatalog::~WorkflowCatalog() {
  *alive_ = false;
  deps_.loop.cancel(sweepTimer_);
}

const runs::DirectoryEntry* WorkflowCatalog::find(std::string_view nameSpace, std::string_view name) const {
  const auto found = entries_.find(KeyLess::View(nameSpace, name));
  return found == entries_.end() ? nullptr : &found->second.shown;
}

WorkflowCatalog::Entry* WorkflowCatalog::entry(const kube::ObjectKey& key) {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

const WorkflowCatalog::Entry* WorkflowCatalog::entry(const kube::ObjectKey& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

std::optional<KnownWorkflow> WorkflowCatalog::known(const Entry* entry) {
  if (entry == nullptr) return std::nullopt;
  KnownWorkflow known{.specIsPlaced = entry->specIsPlaced, .here = entry->here, .sources = entry->sources};
  if (entry->shown.placement == nullptr) return known;
  known.placed = true;
  known.generation = entry->shown.placement->generation;
  known.placement = entry->placement;
  return known;
}

std::optional<ServedWorkflow> WorkflowCatalog::served(const kube::ObjectKey& key, const Entry* entry) const {
  const runs::AppliedWorkflow* applied = deps_.workflows.find(key.nameSpace, key.name);
  if (applied == nullptr) return std::nullopt;
  ServedWorkflow served{.generation = applied->generation};
  if (entry != nullptr && entry->servedSources) {
    served.sources = *entry->servedSources;
  } else {  // what the journal kept
    served.sources = std::string(json::at(applied->object, {"status", "sources"}).value_or("[]"));
  }
  if (entry != nullptr && applied->placement == entry->shown.placement) {
    served.placement = entry->placement;
  } else if (applied->placement != nullptr) {
    served.placement = applied->placement->digest();
  }
  return served;
}

ServingStep WorkflowCatalog::decide(const kube::ObjectKey& key) const {
  const Entry* known = entry(key);
  const bool wanted = known != nullptr && known->wantedUntil > deps_.loop.now();
  return decideServing(WorkflowCatalog::known(known), served(key, known), wanted);
}

void WorkflowCatalog::onNews(WorkflowNews news) {
  const kube::ObjectKey key = news.object.key;
  take(news);
  act(key, &news);
  deps_.onChanged();
}

void WorkflowCatalog::take(const WorkflowNews& news) {
  const WorkflowObject& object = news.object;
  notFound_.erase(object.key);
  Entry& entry = entries_[object.key];
  if (!entry.shown.uid.empty() && entry.shown.uid != object.uid) entry.servedSources.reset();
  entry.shown = {.uid = object.uid, .generation = object.generation, .placement = object.placement};
  entry.here = object.placement != nullptr && placedOn(*object.placement, deps_.node);
  entry.specIsPlaced = object.specIsPlaced();
  entry.sources = object.sources;
  entry.placement = object.placement != nullptr ? object.placement->digest() : "";
  entry.failure = object.fault.empty() ? news.failure : object.fault;
}

void WorkflowCatalog::act(const kube::ObjectKey& key, const WorkflowNews* news) {
  Entry* known = entry(key);
  const bool brings = news != nullptr && news->compiled != nullptr;
  if (known != nullptr && known->serving > 0 && !brings) return;  // looked at again when it is served
  switch (decide(key)) {
    case ServingStep::kNothing:
      return;
    case ServingStep::kServe:
      if (brings) return serve(key, *news->compiled);
      if (known->failure.empty()) fetch(key, false, nullptr);
      return;
    case ServingStep::kMove:
      return move(key);
    case ServingStep::kLetGo:
      return letGo(key);
    case ServingStep::kOutOfReach:
      known->failure = "generation " + std::to_string(known->shown.placement->generation) +
                       " is placed, but the API server has generation " +
                       std::to_string(known->shown.generation) + " only, which is not accepted";
      return;
  }
}

void WorkflowCatalog::serve(const kube::ObjectKey& key, const workflow::Compiled& compiled) {
  Entry& entry = *this->entry(key);
  ++entry.serving;
  ++serving_;
  runs::AppliedWorkflow applied{.plan = compiled.plan,
                                .object = compiled.object,
                                .uid = entry.shown.uid,
                                .generation = entry.shown.placement->generation,
                                .placement = entry.shown.placement};
  deps_.workflows.serve(std::move(applied), [this, alive = alive_, key,
                                             sources = entry.sources](const base::Result<void>& result) {
    if (!*alive) return;
    if (Entry* served = this->entry(key); served != nullptr && result) served->servedSources = sources;
    onServed(key, result);
  });
}

void WorkflowCatalog::move(const kube::ObjectKey& key) {
  runs::AppliedWorkflow applied = *deps_.workflows.find(key.nameSpace, key.name);
  const Entry& entry = *this->entry(key);
  applied.placement = entry.shown.placement;
  applied.uid = entry.shown.uid;
  deps_.workflows.serve(std::move(applied), [](const base::Result<void>&) {});  // at once: nothing is written
}

void WorkflowCatalog::onServed(const kube::ObjectKey& key, const base::Result<void>& result) {
  --serving_;
  Entry* served = entry(key);
  if (served != nullptr) {
    --served->serving;
    if (!result) served->failure = result.error().message;
  }
  if (!result)
    telemetry::error("workflow not served", {{"workflow", key.describe()}, {"why", result.error().message}});
  act(key, nullptr);  // it may have changed, or been deleted, meanwhile
  if (const auto under = fetches_.find(key); under != fetches_.end() && under->second.answered) {
    finishFetch(key, result);
  }
  deps_.onChanged();
  finishSync();
}

void WorkflowCatalog::letGo(const kube::ObjectKey& key) {
  deps_.workflows.remove(key.nameSpace, key.name, [key](const base::Result<void>& removed) {
    if (!removed) {
      telemetry::warning("a workflow that is served no more stays in the journal",
                         {{"workflow", key.describe()}, {"why", removed.error().message}});
    }
  });
  if (Entry* known = entry(key)) {
    known->servedSources.reset();
    known->plan = nullptr;
    known->reached.clear();
  }
  if (deps_.onLetGo) deps_.onLetGo(key);
}

void WorkflowCatalog::onDeleted(const kube::ObjectKey& key, const std::string& uid) {
  const Entry* known = entry(key);
  if (known != nullptr && known->shown.uid != uid) return;  // one of the same name has come already
  entries_.erase(key);
  act(key, nullptr);
  deps_.onChanged();
}

void WorkflowCatalog::onFeedSynced() {
  feedSynced_ = true;
  std::vector<kube::ObjectKey> kept;  // what the journal kept may be gone, or elsewhere
  for (const runs::AppliedWorkflow* applied : deps_.workflows.listAll()) {
    kept.push_back({applied->plan->nameSpace, applied->plan->name});
  }
  for (const kube::ObjectKey& key : kept) act(key, nullptr);
  finishSync();
}

void WorkflowCatalog::finishSync() {
  if (synced_ || !feedSynced_ || serving_ > 0) return;
  synced_ = true;
  deps_.onSynced();
}

std::vector<cluster::WorkflowReport> WorkflowCatalog::report() const {
  std::vector<cluster::WorkflowReport> all;
  for (const auto& [key, entry] : entries_) {
    if (!entry.here) continue;
    cluster::WorkflowReport one{.nameSpace = key.nameSpace, .name = key.name, .uid = entry.shown.uid};
    if (const auto now = served(key, &entry)) {
      one.generation = now->generation;
      one.placementDigest = now->placement;
    }
    if (one.generation != entry.shown.placement->generation) one.failure = entry.failure;
    all.push_back(std::move(one));
  }
  return all;
}

void WorkflowCatalog::sweep() {
  const base::Instant now = deps_.loop.now();
  std::erase_if(notFound_, [now](const auto& one) { return one.second <= now; });
  std::vector<kube::ObjectKey> used;
  std::vector<kube::ObjectKey> elsewhere;
  for (const auto& [key, entry] : entries_) {
    if (!entry.here && entry.wantedUntil == base::Instant()) continue;
    (entry.here || entry.wantedUntil > now ? used : elsewhere).push_back(key);
  }
  // What a workflow in use reaches is in use.
  for (std::size_t i = 0; i < used.size(); ++i) {
    for (const std::string& name : std::vector(reachedFrom(used[i]))) {
      Entry* reached = entry({used[i].nameSpace, name});
      if (reached == nullptr || reached->here || reached->wantedUntil >= now + kSweepTime) continue;
      reached->wantedUntil = now + kSweepTime * 2;
      used.push_back({used[i].nameSpace, name});
    }
  }
  for (const kube::ObjectKey& key : elsewhere) act(key, nullptr);
  sweepTimer_ = deps_.loop.after(kSweepTime, [this] { sweep(); });
}

base::Result<void> WorkflowCatalog::usable(const kube::ObjectKey& key) const {
  if (deps_.workflows.find(key.nameSpace, key.name) != nullptr) return {};
  const Entry* known = entry(key);
  if (known == nullptr) {
    return std::unexpected(notFound(key));
  }
  std::string why = known->failure;
  if (why.empty()) {
    why = known->shown.placement == nullptr
              ? "it has not been placed yet; kubectl describe functionworkflow says why"
              : "it is not served here yet";
  }
  return base::fail("WorkflowNotReady", "workflow " + key.describe() + ": " + why);
}

}  // namespace faasbatch::clusterview
