// The home of a shared run: gives its steps to owners, asks after what they do not tell, and gives the steps
// of a lost one to others.
#include <algorithm>
#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/engine/root_list.h"
#include "node-agent/engine/share.h"
#include "node-agent/engine/state.h"
#include "node-agent/runs/shares.h"

namespace faasbatch::runs {

Reach Shares::reach(const std::string& node) const {
  if (deps_.peers.isReady(node)) return Reach::kReady;
  return deps_.peers.isLost(node) ? Reach::kGone : Reach::kKnown;
}

engine::SharePtr Shares::share(const engine::PlanSet& plans) const {
  const DirectoryEntry* entry =
      directory_ ? directory_->find(plans.main->nameSpace, plans.main->name) : nullptr;
  if (!entry) return nullptr;
  auto ownership = chooseOwners(*plans.main, entry->placement.get(), deps_.peers.node(),
                                [this](const std::string& node) { return reach(node); });
  if (!ownership) return nullptr;
  auto share = std::make_shared<engine::Share>();
  share->ownership = std::move(ownership);
  return share;
}

void Shares::add(const ActiveRunPtr& run) {
  run->sharing = std::make_unique<Sharing>();
  homes_[run->head.id] = run;
  keepTicking();
}

std::vector<ActiveRunPtr> Shares::homeRuns() const {
  std::vector<ActiveRunPtr> runs;
  for (const auto& [id, weak] : homes_) {
    ActiveRunPtr run = weak.lock();
    if (run && run->known() && !run->run.ended()) runs.push_back(std::move(run));
  }
  return runs;
}

// Which owners have their parts still is found out by asking; what this process forgot is told again.
void Shares::recovered(const ActiveRunPtr& run) {
  add(run);
  for (const std::string& agent : run->run.state().ownership->agents) ask(*run, agent);
}

void Shares::finish(const ActiveRun& run) {
  homes_.erase(run.head.id);
  rememberFinished(run.head.id);
  for (const std::string& agent : run.run.state().ownership->agents) {
    if (agent != deps_.peers.node()) deps_.peers.send(agent, peers::Finish{run.head.id});
  }
}

// The run that an owner says something of; one that has ended is to be forgotten there.
ActiveRunPtr Shares::homeRun(const std::string& from, const std::string& id) {
  ActiveRunPtr run = deps_.find(id);
  if (run && run->run.ended()) return nullptr;  // owners are told, or are about to be
  if (!run || !run->sharing) {
    deps_.peers.send(from, peers::Finish{id});
    return nullptr;
  }
  run->sharing->agents[from].asked = deps_.loop.now();
  return run;
}

void Shares::engage(const ActiveRunPtr& run, const engine::Engage& command) {
  const auto ownership = run->run.state().ownership;
  for (const engine::AgentIndex agent : command.agents) {
    SharingAgent& known = run->sharing->agents[ownership->agents[agent]];
    known.begun = true;
    known.asked = deps_.loop.now();
    begin(*run, ownership->agents[agent]);
  }
}

void Shares::begin(const ActiveRun& run, const std::string& to) {
  const engine::Accepted& accepted = run.run.accepted();
  const auto agent = run.run.state().ownership->find(to);
  if (!agent) return;
  const auto nameOf = [](const workflow::Plan& plan) {
    return peers::PlanName{plan.nameSpace, plan.name, plan.digest};
  };
  peers::Begin begin{.run = accepted.id, .main = nameOf(*accepted.plans->main)};
  for (const auto& [name, plan] : accepted.plans->others) begin.others[name] = nameOf(*plan);
  begin.input = accepted.input;
  begin.deadline = accepted.deadline;
  begin.age = deps_.loop.now() - run.run.createdAt();
  begin.share = engine::shareOf(run.run, *agent);
  deps_.peers.send(to, std::move(begin));
}

void Shares::ask(const ActiveRun& run, const std::string& node) {
  const engine::State& state = run.run.state();
  const auto agent = state.ownership->find(node);
  if (!agent || *agent == engine::Ownership::kHome || state.ended()) return;
  Positions positions = engine::awaited(run.run, *agent);
  run.sharing->agents[node].asked = deps_.loop.now();
  if (!positions.empty()) deps_.peers.send(node, peers::Sync{run.head.id, state.epoch, std::move(positions)});
}

void Shares::askWhoIsSilent(const ActiveRunPtr& run) {
  const auto ownership = run->run.state().ownership;
  for (engine::AgentIndex agent = 1; agent < ownership->agents.size() && !run->run.ended(); ++agent) {
    const std::string& node = ownership->agents[agent];
    if (deps_.loop.now() - run->sharing->agents[node].asked < kAskAfter) continue;
    if (engine::awaited(run->run, agent).empty()) continue;
    deps_.peers.probe(node);
    if (deps_.peers.isLost(node)) {
      lose(run, node, {"there is no agent on node " + node + " that answers", false}, false);
    } else {
      ask(*run, node);
    }
  }
}

// Where home drives the steps (control: Home) it tells the owners of the next ones.
void Shares::handOn(const ActiveRun& run, const std::string& owner, engine::Position position) {
  const engine::State& state = run.run.state();
  if (run.run.accepted().plans->main->control != workflow::Control::kHome || state.ended()) return;
  if (position >= state.roots.size() || !engine::hasEnded(state, position)) return;
  for (const engine::AgentIndex agent : engine::waitingAgents(state, position)) {
    const std::string& next = state.ownership->agents[agent];
    if (next != owner) sendEnd(run, next, position);
  }
}

// `forGood`: it does not get them back, ready or not. What was lost before is folded in first: who owns what
// is decided with it.
void Shares::lose(const ActiveRunPtr& run, const std::string& node, const peers::Loss& loss, bool forGood) {
  if (run->writing) {
    return Driver::whenWritten(run, [this, run, node, loss, forGood] { lose(run, node, loss, forGood); });
  }
  const auto ownership = run->run.state().ownership;
  const auto agent = ownership->find(node);
  if (!agent || *agent == engine::Ownership::kHome) return;
  const bool same = !forGood && reach(node) == Reach::kReady;
  engine::OwnerLost event{node, loss.why, {}};
  const workflow::Plan& plan = *run->run.accepted().plans->main;
  const DirectoryEntry* entry = directory_ ? directory_->find(plan.nameSpace, plan.name) : nullptr;
  for (const engine::Position position : engine::lostWith(run->run, *agent, !same || !loss.storeKept)) {
    const auto reachOf = [&](const std::string& other) {
      return forGood && other == node ? Reach::kGone : reach(other);
    };
    event.heirs.emplace_back(position, chooseHeir(plan, entry ? entry->placement.get() : nullptr, position,
                                                  node, deps_.peers.node(), reachOf));
  }
  if (event.heirs.empty()) return;
  moved_.add(event.heirs.size());
  telemetry::warning(
      "steps of a run get another owner",
      {{"run", run->head.id}, {"lost", node}, {"steps", event.heirs.size()}, {"why", loss.why}});
  deps_.driver.deliver(run, std::move(event));
}

void Shares::onLost(const std::string& node, const peers::Loss& loss) {
  for (const ActiveRunPtr& run : homeRuns()) lose(run, node, loss, false);
}

void Shares::onUp(const std::string& node) {
  for (const ActiveRunPtr& run : homeRuns()) ask(*run, node);
}

void Shares::onProgress(const std::string& from, peers::Progress& progress) {
  const ActiveRunPtr run = homeRun(from, progress.run);
  if (!run) return;
  std::uint64_t& seen = run->sharing->agents[from].logSeen;
  if (progress.logOffset + progress.log.size() > seen) {
    const std::uint64_t known = seen > progress.logOffset ? seen - progress.logOffset : 0;
    run->log.addLines(std::string_view(progress.log).substr(known));
    seen = progress.logOffset + progress.log.size();
  }
  for (engine::RemoteProgress& step : progress.steps) {
    step.from = from;
    deps_.driver.deliver(run, std::move(step));
  }
}

void Shares::onLacking(const std::string& from, const peers::Lacking& lacking) {
  const ActiveRunPtr run = homeRun(from, lacking.run);
  if (!run) return;
  if (lacking.epoch < run->run.state().epoch && !run->writing) begin(*run, from);
  for (const engine::Position position : lacking.positions) sendEnd(*run, from, position);
}

// It has no part in the run: its share was lost on the way, or, if it was sent by an earlier process of ours,
// may have been lost with one of theirs.
void Shares::onUnknown(const std::string& from, const std::string& id) {
  const ActiveRunPtr run = homeRun(from, id);
  if (!run || run->writing) return;  // it is about to get another share
  if (run->sharing->agents[from].begun) return begin(*run, from);
  lose(run, from, {"the agent of node " + from + " has lost its part", false}, false);
}

void Shares::onNeedPlans(const std::string& from, const peers::NeedPlans& need) {
  const ActiveRunPtr run = homeRun(from, need.run);
  if (!run) return;
  peers::Plans answer{.run = need.run, .manifests = {}, .missing = {}};
  for (const peers::PlanName& plan : need.plans) {
    const AppliedWorkflow* applied = deps_.workflows.find(plan.nameSpace, plan.name);
    if (applied && applied->plan->digest == plan.digest) {
      answer.manifests.push_back(applied->object);
    } else {
      answer.missing.push_back(plan);
    }
  }
  const bool missing = !answer.missing.empty();
  deps_.peers.send(from, std::move(answer));
  if (missing) {
    lose(run, from, {"the agent of node " + from + " cannot get the revision of the workflow", false}, true);
  }
}

void Shares::onAlive(const std::string& from, const peers::Alive& alive) {
  for (const std::string& id : alive.runs) homeRun(from, id);
}

}  // namespace faasbatch::runs
