// The catalog's part that gets what is not here: asked for once, with all that it reaches.
#include <algorithm>
#include <set>
#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/cluster/workflow_catalog.h"

namespace faasbatch::clusterview {
namespace {

constexpr std::size_t kMaxReached = 1'000;  // by one workflow

std::vector<std::string> workflowsIn(const workflow::Plan& plan) {
  std::set<std::string> names;
  for (const workflow::Node& node : plan.nodes) {
    if (node.kind == workflow::NodeKind::kWorkflow) names.insert(node.workflow);
  }
  return {names.begin(), names.end()};
}

base::Error unavailable(const kube::ApiError& error) {
  return {"ClusterUnavailable", "the API server cannot be asked for workflows: " + error.message};
}

}  // namespace

base::Error notFound(const kube::ObjectKey& key) {
  return {"WorkflowNotFound",
          "there is no workflow \"" + key.name + "\" in namespace \"" + key.nameSpace + "\""};
}

// Errors of what is reached do not matter here: they fail the step that runs it.
struct WorkflowCatalog::Reach {
  kube::ObjectKey root;
  std::set<kube::ObjectKey> seen;
  std::size_t open = 1;
  std::optional<base::Error> error;  // of the root
  std::move_only_function<void()> done;

  void end() {
    if (--open == 0) done();
  }
};

void WorkflowCatalog::lookUp(const std::string& nameSpace, const std::string& name, Found done) {
  const kube::ObjectKey key{nameSpace, name};
  if (const Entry* known = entry(key)) return done(known->shown);
  fetch(key, false, [this, key, done = std::move(done)](const base::Result<void>& result) mutable {
    if (const Entry* known = entry(key)) return done(known->shown);
    done(std::unexpected(result ? usable(key).error() : result.error()));
  });
}

void WorkflowCatalog::need(const std::string& nameSpace, const std::string& name, Needed done) {
  const kube::ObjectKey key{nameSpace, name};
  Entry* known = entry(key);
  if (known != nullptr && reachedFrom(key).empty() && decide(key) == ServingStep::kNothing) {
    known->wantedUntil = deps_.loop.now() + kUnusedTime;
    if (decide(key) == ServingStep::kNothing) return done(usable(key));
  }
  auto all = std::make_shared<Reach>();
  all->root = key;
  all->done = [this, reach = all.get(), done = std::move(done)]() mutable {
    done(reach->error ? base::Result<void>(std::unexpected(std::move(*reach->error))) : usable(reach->root));
  };
  reach(all, key);
  all->end();
}

void WorkflowCatalog::read(const std::string& nameSpace, const std::string& name, Text done) {
  feed_->read({nameSpace, name}, [key = kube::ObjectKey{nameSpace, name},
                                  done = std::move(done)](kube::Result<std::string> text) mutable {
    if (text) return done(std::move(*text));
    if (text.error().reason == "NotFound") return done(std::unexpected(notFound(key)));
    done(std::unexpected(unavailable(text.error())));
  });
}

void WorkflowCatalog::reach(const std::shared_ptr<Reach>& all, const kube::ObjectKey& key) {
  if (all->seen.size() >= kMaxReached || !all->seen.insert(key).second) return;
  ++all->open;
  Entry* known = entry(key);
  if (known != nullptr) {
    known->wantedUntil = deps_.loop.now() + kUnusedTime;
    const ServingStep step = decide(key);
    if (step == ServingStep::kMove) move(key);
    if (step != ServingStep::kServe || !known->failure.empty()) {
      reachFrom(all, key);
      return all->end();
    }
  }
  fetch(key, true, [this, all, key](const base::Result<void>& result) {
    if (!result && key == all->root && entry(key) == nullptr) all->error = result.error();
    reachFrom(all, key);
    all->end();
  });
}

void WorkflowCatalog::reachFrom(const std::shared_ptr<Reach>& all, const kube::ObjectKey& key) {
  for (const std::string& name : std::vector(reachedFrom(key))) reach(all, {key.nameSpace, name});
}

const std::vector<std::string>& WorkflowCatalog::reachedFrom(const kube::ObjectKey& key) {
  static const std::vector<std::string> kNone;
  Entry* known = entry(key);
  const runs::AppliedWorkflow* applied = deps_.workflows.find(key.nameSpace, key.name);
  if (known == nullptr || applied == nullptr) return kNone;
  if (known->plan != applied->plan) {
    known->plan = applied->plan;
    known->reached = workflowsIn(*applied->plan);
  }
  return known->reached;
}

void WorkflowCatalog::fetch(const kube::ObjectKey& key, bool wanted, Waiter done) {
  const base::Instant now = deps_.loop.now();
  const auto tell = [&done](base::Result<void> result) {
    if (done) done(std::move(result));
  };
  if (const auto none = notFound_.find(key); none != notFound_.end() && none->second > now) {
    return tell(std::unexpected(usable(key).error()));
  }
  const auto under = fetches_.find(key);
  if (under == fetches_.end() && fetches_.size() >= kMaxFetches) {
    return tell(
        base::fail("ClusterUnavailable", "the API server is being asked for too many workflows already"));
  }
  const bool isNew = under == fetches_.end();
  Fetch& fetch = fetches_[key];
  fetch.wanted = fetch.wanted || wanted;
  if (done) fetch.waiters.push_back(std::move(done));
  if (!isNew) return;
  if (const Entry* known = entry(key); known != nullptr && known->serving > 0) {
    fetch.answered = true;  // it is on its way already
    return;
  }
  feed_->fetch(key, [this, key](const kube::Result<WorkflowNews>& news) { onFetched(key, news); });
}

void WorkflowCatalog::onFetched(const kube::ObjectKey& key, const kube::Result<WorkflowNews>& news) {
  if (!news && news.error().reason == "NotFound") {
    if (notFound_.size() >= kMaxNotFound) notFound_.clear();
    notFound_[key] = deps_.loop.now() + kNotFoundTime;
    return finishFetch(key, usable(key));
  }
  if (!news) {
    return finishFetch(key, std::unexpected(unavailable(news.error())));
  }
  // What the watch has said counts, unless it is behind.
  const Entry* known = entry(key);
  if (known == nullptr || known->shown.generation < news->object.generation) take(*news);
  if (fetches_[key].wanted) entry(key)->wantedUntil = deps_.loop.now() + kUnusedTime;
  const bool matches = isOf(news->object, key);
  if (matches && news->compiled == nullptr && !news->failure.empty()) entry(key)->failure = news->failure;
  if (matches && news->compiled != nullptr) act(key, &*news);
  if (entry(key)->serving == 0) return finishFetch(key, {});
  fetches_[key].answered = true;
}

// Whether it is the version that is placed, as far as is known by now.
bool WorkflowCatalog::isOf(const WorkflowObject& object, const kube::ObjectKey& key) const {
  const Entry& known = *entry(key);
  return object.uid == known.shown.uid && object.sources == known.sources &&
         known.shown.placement != nullptr && object.generation == known.shown.placement->generation;
}

void WorkflowCatalog::finishFetch(const kube::ObjectKey& key, const base::Result<void>& result) {
  auto ended = fetches_.extract(key);
  if (ended.empty()) return;
  const std::shared_ptr<bool> alive = alive_;
  for (Waiter& waiter : ended.mapped().waiters) {
    if (*alive) waiter(result);
  }
}

}  // namespace faasbatch::clusterview
