// The workflows applied to this agent: the current plan of each, and the plan of every revision that a run
// still uses.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/cluster/placement.h"
#include "lib/workflow/manifest.h"
#include "node-agent/batching/dispatcher.h"
#include "node-agent/engine/event.h"
#include "node-agent/journal/journal.h"

namespace faasbatch::runs {

inline constexpr std::size_t kMaxWorkflows = 10'000;  // of all namespaces together

struct AppliedWorkflow {
  workflow::PlanPtr plan;
  std::string object;  // as the API gives it back
  bool created = false;
  std::vector<workflow::Fault> warnings;
  // In a cluster: the object it comes from, and where its steps run.
  std::string uid;
  std::int64_t generation = 0;  // of the spec that `plan` is of
  std::shared_ptr<const cluster::Placement> placement;
};

// Why a manifest was not taken: faults of the manifest, or an error of the agent (StoreUnavailable,
// NoCapacity).
struct ApplyError {
  std::vector<workflow::Fault> faults;
  std::optional<base::Error> error;
};

// Loop thread only.
class Workflows {
 public:
  Workflows(batching::Dispatcher& dispatcher, journal::Journal& journal);

  // Reads what the journal kept. A manifest that no longer compiles is named in the log and left out.
  void load();
  // After the unfinished runs have been read: revisions that none of them uses are let go.
  void releaseLoadedRevisions();

  using ApplyDone = std::move_only_function<void(std::expected<AppliedWorkflow, ApplyError>)>;
  // Compiles and makes current; `done` after it is on disk where the journal is durable. `expectedName`
  // empty: any.
  void apply(std::string_view manifest, std::string_view nameSpace, std::string_view expectedName,
             ApplyDone done);
  // Makes current what has been compiled already (served_plan.h), or its new placement; `done` as of apply().
  void serve(AppliedWorkflow workflow, std::move_only_function<void(base::Result<void>)> done);

  // False: there is none.
  bool remove(const std::string& nameSpace, const std::string& name,
              std::move_only_function<void(base::Result<void>)> done);

  const AppliedWorkflow* find(std::string_view nameSpace, std::string_view name) const;
  std::vector<const AppliedWorkflow*> list(std::string_view nameSpace) const;
  std::vector<const AppliedWorkflow*> listAll() const;

  // The workflow's plan and those it reaches by `workflow:` steps, all current now. Cached until something is
  // applied.
  engine::PlanSetPtr planSet(std::string_view nameSpace, std::string_view name);
  workflow::PlanPtr findRevision(std::string_view nameSpace, std::string_view name,
                                 std::string_view digest) const;

  // Makes a revision known that another agent runs; the one that is known already where there is one. It is
  // known as long as somebody holds it.
  workflow::PlanPtr keepRevision(workflow::PlanPtr plan);

  // Under which key the dispatcher knows a function of this plan: the workflow's own where the plan is
  // current, else one of the revision, made known on the spot and forgotten when no run uses the plan any
  // more.
  const calls::FunctionKey& route(const workflow::PlanPtr& plan, workflow::FunctionIndex function);

 private:
  using Name = std::pair<std::string, std::string>;
  void install(AppliedWorkflow applied);
  void retire(const workflow::PlanPtr& plan);
  void forgetUnusedRevisions();

  struct Route {
    std::weak_ptr<const workflow::Plan> plan;
    std::vector<calls::FunctionKey> keys;  // by function index
    bool current = false;
  };

  batching::Dispatcher& dispatcher_;
  journal::Journal& journal_;
  std::map<Name, AppliedWorkflow> current_;
  std::map<Name, engine::PlanSetPtr> planSets_;
  std::map<std::string, std::weak_ptr<const workflow::Plan>> revisions_;  // by "namespace/name@digest"
  std::map<const workflow::Plan*, Route> routes_;
  std::vector<workflow::PlanPtr> loadedRevisions_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace faasbatch::runs
