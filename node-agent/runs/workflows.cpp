#include "node-agent/runs/workflows.h"

#include <memory>
#include <set>

#include "lib/telemetry/log.h"
#include "node-agent/runs/served_plan.h"

namespace faasbatch::runs {
namespace {

std::string revisionName(std::string_view nameSpace, std::string_view name, std::string_view digest) {
  std::string text(nameSpace);
  text.append("/").append(name).append("@").append(digest);
  return text;
}

constexpr std::size_t kDigestInName = 12;  // characters of the digest in a revision's workflow name

}  // namespace

Workflows::Workflows(batching::Dispatcher& dispatcher, journal::Journal& journal)
    : dispatcher_(dispatcher), journal_(journal) {}

void Workflows::load() {
  for (const journal::StoredManifest& stored : journal_.manifests()) {
    auto compiled = compileServed(stored.object, stored.nameSpace);
    if (!compiled) {
      telemetry::error("a kept workflow no longer compiles and is left out; apply it again",
                       {{"workflow", stored.nameSpace + "/" + stored.name},
                        {"fault", compiled.error().empty() ? "" : compiled.error().front().message}});
      continue;
    }
    AppliedWorkflow applied{.plan = compiled->plan, .object = std::move(compiled->object)};
    // Revisions are held by the runs that use them; until those are loaded, by this list.
    revisions_[revisionName(stored.nameSpace, stored.name, compiled->plan->digest)] = compiled->plan;
    if (stored.current) {
      install(std::move(applied));
    } else {
      loadedRevisions_.push_back(compiled->plan);
    }
  }
}

void Workflows::releaseLoadedRevisions() {
  loadedRevisions_.clear();
  forgetUnusedRevisions();
}

void Workflows::apply(std::string_view manifest, std::string_view nameSpace, std::string_view expectedName,
                      ApplyDone done) {
  auto compiled = workflow::compile(manifest, nameSpace);
  if (!compiled) return done(std::unexpected(ApplyError{std::move(compiled.error()), std::nullopt}));
  const workflow::Plan& plan = *compiled->plan;
  if (!expectedName.empty() && plan.name != expectedName) {
    workflow::Fault fault{"metadata.name", "is \"" + plan.name + "\" but the request is for \"" +
                                               std::string(expectedName) + "\": use one name in both"};
    return done(std::unexpected(ApplyError{{std::move(fault)}, std::nullopt}));
  }
  const auto existing = current_.find({plan.nameSpace, plan.name});
  if (existing == current_.end() && current_.size() >= kMaxWorkflows) {
    return done(std::unexpected(
        ApplyError{{},
                   base::Error{"NoCapacity", "this agent holds " + std::to_string(kMaxWorkflows) +
                                                 " workflows, its bound: delete some"}}));
  }
  AppliedWorkflow applied{.plan = compiled->plan,
                          .object = std::move(compiled->object),
                          .created = existing == current_.end(),
                          .warnings = std::move(compiled->warnings)};
  if (existing != current_.end() && existing->second.plan->digest == plan.digest) {
    applied.plan = existing->second.plan;
    existing->second.object = applied.object;
  }
  journal::StoredManifest stored{plan.nameSpace, plan.name, plan.digest, applied.object, true};
  journal_.putManifest(std::move(stored), [this, alive = std::weak_ptr(alive_), applied = std::move(applied),
                                           done = std::move(done)](base::Result<void> kept) mutable {
    if (alive.expired()) return;
    if (!kept) return done(std::unexpected(ApplyError{{}, std::move(kept.error())}));
    install(applied);
    done(std::move(applied));
  });
}

void Workflows::serve(AppliedWorkflow workflow, std::move_only_function<void(base::Result<void>)> done) {
  const workflow::Plan& plan = *workflow.plan;
  const auto existing = current_.find({plan.nameSpace, plan.name});
  if (existing == current_.end() && current_.size() >= kMaxWorkflows) {
    return done(base::fail("NoCapacity",
                           "this agent holds " + std::to_string(kMaxWorkflows) + " workflows, its bound"));
  }
  const bool known = existing != current_.end() && existing->second.plan->digest == plan.digest;
  if (known && existing->second.object == workflow.object) {
    workflow.plan = existing->second.plan;
    install(std::move(workflow));
    return done({});
  }
  if (known) workflow.plan = existing->second.plan;
  journal::StoredManifest stored{plan.nameSpace, plan.name, plan.digest, workflow.object, true};
  journal_.putManifest(std::move(stored),
                       [this, alive = std::weak_ptr(alive_), workflow = std::move(workflow),
                        done = std::move(done)](base::Result<void> kept) mutable {
                         if (alive.expired()) return;
                         if (!kept) return done(std::unexpected(std::move(kept.error())));
                         install(std::move(workflow));
                         done({});
                       });
}

bool Workflows::remove(const std::string& nameSpace, const std::string& name,
                       std::move_only_function<void(base::Result<void>)> done) {
  const auto found = current_.find({nameSpace, name});
  if (found == current_.end()) return false;
  const workflow::PlanPtr plan = found->second.plan;
  current_.erase(found);
  planSets_.clear();
  retire(plan);
  journal_.deleteManifest(nameSpace, name, std::move(done));
  return true;
}

const AppliedWorkflow* Workflows::find(std::string_view nameSpace, std::string_view name) const {
  const auto found = current_.find({std::string(nameSpace), std::string(name)});
  return found == current_.end() ? nullptr : &found->second;
}

std::vector<const AppliedWorkflow*> Workflows::list(std::string_view nameSpace) const {
  std::vector<const AppliedWorkflow*> found;
  for (const auto& [name, applied] : current_) {
    if (name.first == nameSpace) found.push_back(&applied);
  }
  return found;
}

std::vector<const AppliedWorkflow*> Workflows::listAll() const {
  std::vector<const AppliedWorkflow*> all;
  all.reserve(current_.size());
  for (const auto& [name, applied] : current_) all.push_back(&applied);
  return all;
}

engine::PlanSetPtr Workflows::planSet(std::string_view nameSpace, std::string_view name) {
  const Name key{std::string(nameSpace), std::string(name)};
  if (const auto cached = planSets_.find(key); cached != planSets_.end()) return cached->second;
  const AppliedWorkflow* main = find(nameSpace, name);
  if (!main) return nullptr;
  auto set = std::make_shared<engine::PlanSet>();
  set->main = main->plan;
  std::vector<workflow::PlanPtr> todo{main->plan};
  while (!todo.empty()) {
    const workflow::PlanPtr plan = std::move(todo.back());
    todo.pop_back();
    for (const workflow::Node& node : plan->nodes) {
      if (node.kind != workflow::NodeKind::kWorkflow || set->others.contains(node.workflow)) continue;
      const AppliedWorkflow* other = find(nameSpace, node.workflow);
      if (!other) continue;
      set->others.emplace(node.workflow, other->plan);
      todo.push_back(other->plan);
    }
  }
  planSets_[key] = set;
  return set;
}

workflow::PlanPtr Workflows::findRevision(std::string_view nameSpace, std::string_view name,
                                          std::string_view digest) const {
  const auto found = revisions_.find(revisionName(nameSpace, name, digest));
  return found == revisions_.end() ? nullptr : found->second.lock();
}

workflow::PlanPtr Workflows::keepRevision(workflow::PlanPtr plan) {
  auto& known = revisions_[revisionName(plan->nameSpace, plan->name, plan->digest)];
  if (workflow::PlanPtr same = known.lock()) return same;
  known = plan;
  return plan;
}

const calls::FunctionKey& Workflows::route(const workflow::PlanPtr& plan, workflow::FunctionIndex function) {
  const auto known = routes_.find(plan.get());
  if (known != routes_.end()) {
    if (known->second.plan.lock() == plan) return known->second.keys.at(function);
    forgetUnusedRevisions();  // a plan that is gone lay at the same address
  }
  Route route{plan, {}, false};
  const std::string name = plan->name + "@" + plan->digest.substr(0, kDigestInName);
  for (const workflow::FunctionSpec& spec : plan->functions) {
    const calls::FunctionKey key{plan->nameSpace, name, spec.name};
    workflow::FunctionSpec revision = spec;
    revision.pool.minWarm = 0;
    dispatcher_.apply(key, std::move(revision));
    route.keys.push_back(key);
  }
  return routes_.emplace(plan.get(), std::move(route)).first->second.keys.at(function);
}

void Workflows::install(AppliedWorkflow applied) {
  const workflow::PlanPtr plan = applied.plan;
  const auto found = current_.find({plan->nameSpace, plan->name});
  const workflow::PlanPtr old = found == current_.end() ? nullptr : found->second.plan;
  applied.created = false;
  current_[{plan->nameSpace, plan->name}] = std::move(applied);
  planSets_.clear();
  if (old == plan) return;
  if (const auto asRevision = routes_.find(plan.get()); asRevision != routes_.end()) {
    for (const calls::FunctionKey& key : asRevision->second.keys) dispatcher_.remove(key);
    routes_.erase(asRevision);
  }
  Route route{plan, {}, true};
  std::set<std::string> kept;
  for (const workflow::FunctionSpec& spec : plan->functions) {
    const calls::FunctionKey key{plan->nameSpace, plan->name, spec.name};
    dispatcher_.apply(key, spec);
    route.keys.push_back(key);
    kept.insert(spec.name);
  }
  if (old) {
    for (const workflow::FunctionSpec& spec : old->functions) {
      if (!kept.contains(spec.name)) dispatcher_.remove({plan->nameSpace, plan->name, spec.name});
    }
    routes_.erase(old.get());
  }
  routes_[plan.get()] = std::move(route);
  revisions_[revisionName(plan->nameSpace, plan->name, plan->digest)] = plan;
  forgetUnusedRevisions();
}

void Workflows::retire(const workflow::PlanPtr& plan) {
  for (const workflow::FunctionSpec& spec : plan->functions) {
    dispatcher_.remove({plan->nameSpace, plan->name, spec.name});
  }
  routes_.erase(plan.get());
}

void Workflows::forgetUnusedRevisions() {
  for (auto route = routes_.begin(); route != routes_.end();) {
    if (!route->second.plan.expired()) {
      ++route;
      continue;
    }
    for (const calls::FunctionKey& key : route->second.keys) dispatcher_.remove(key);
    route = routes_.erase(route);
  }
  std::erase_if(revisions_, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace faasbatch::runs
