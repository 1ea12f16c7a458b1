// An owner's part of a shared run: its steps are driven here, the run belongs to its home.
#include <algorithm>
#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/engine/share.h"
#include "node-agent/engine/state.h"
#include "node-agent/runs/served_plan.h"
#include "node-agent/runs/shares.h"

namespace faasbatch::runs {

bool Shares::busy() const {
  return !deps_.peers.idle() ||
         std::ranges::any_of(parts_, [](const auto& part) { return !part.second->calls.empty(); });
}

void Shares::onBegin(const std::string& from, peers::Begin begin) {
  finished_.erase(begin.run);  // home says so itself: it has forgotten the end with a restart
  const engine::Ownership& ownership = *begin.share.ownership;
  if (ownership.agents.front() != from || ownership.agents[ownership.self] != deps_.peers.node()) {
    return telemetry::error("a peer sent a share that is not this agent's",
                            {{"peer", from}, {"run", begin.run}});
  }
  if (const auto part = parts_.find(begin.run); part != parts_.end()) {
    const ActiveRunPtr run = part->second;
    run->sharing->heard = deps_.loop.now();
    deps_.driver.deliver(run,
                         engine::ShareChanged{std::make_shared<const engine::Share>(std::move(begin.share))});
    if (draining_) letGo(run);  // before the dispatcher's turn, which is at the end of the loop's
    return;
  }
  startPart(from, std::move(begin));
}

engine::PlanSetPtr Shares::plansOf(const peers::Begin& begin, std::vector<peers::PlanName>& missing) const {
  auto set = std::make_shared<engine::PlanSet>();
  const auto find = [&](const peers::PlanName& name) {
    workflow::PlanPtr plan = deps_.workflows.findRevision(name.nameSpace, name.name, name.digest);
    if (!plan) missing.push_back(name);
    return plan;
  };
  set->main = find(begin.main);
  for (const auto& [name, other] : begin.others) set->others[name] = find(other);
  return missing.empty() ? set : nullptr;
}

void Shares::startPart(const std::string& home, peers::Begin begin) {
  std::vector<peers::PlanName> missing;
  const engine::PlanSetPtr plans = plansOf(begin, missing);
  if (parts_.size() + waiting_.size() >= kMaxParts) return;
  const std::string id = begin.run;
  if (!plans && draining_) return refuse(home, begin);
  if (!plans) {
    deps_.peers.send(home, peers::NeedPlans{id, std::move(missing)});
    Waiting& waiting = waiting_[id];
    waiting.home = home;
    waiting.begin = std::move(begin);
    waiting.since = deps_.loop.now();
    return keepTicking();
  }
  if (begin.share.ownership->owners.size() != plans->main->blocks[0].nodes.size()) return;
  auto part = std::make_shared<ActiveRun>();
  part->async = true;
  part->head = {id, plans->main->nameSpace, plans->main->name, "", "", "", begin.share.createdAt};
  part->sharing = std::make_unique<Sharing>();
  part->sharing->home = home;
  part->sharing->heard = deps_.loop.now();
  part->sharing->ahead = begin.share.createdAt + begin.age - deps_.loop.now();
  engine::Accepted accepted{.id = id, .plans = plans};
  accepted.input = std::move(begin.input);
  accepted.deadline = begin.deadline;
  accepted.share = std::make_shared<const engine::Share>(std::move(begin.share));
  parts_[id] = part;
  partsGauge_.set(static_cast<std::int64_t>(parts_.size()));
  keepTicking();
  deps_.driver.deliver(part, std::move(accepted));
  if (draining_) letGo(part);
  std::vector<engine::RemoteEnded> early;
  std::erase_if(early_, [&](Early& one) {
    if (one.run != id) return false;
    early.push_back(std::move(one.end));
    return true;
  });
  for (engine::RemoteEnded& end : early) deps_.driver.deliver(part, std::move(end));
}

void Shares::onPlans(const std::string& from, const peers::Plans& plans) {
  const auto found = waiting_.find(plans.run);
  if (found == waiting_.end() || found->second.home != from) return;
  Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  if (!plans.missing.empty()) return;  // home gives our steps to others
  for (const std::string& manifest : plans.manifests) {
    auto compiled = compileServed(manifest, waiting.begin.main.nameSpace);
    if (!compiled) {
      return telemetry::error("a peer sent a workflow that does not compile",
                              {{"peer", from}, {"run", plans.run}});
    }
    waiting.plans.push_back(deps_.workflows.keepRevision(std::move(compiled->plan)));
  }
  startPart(from, std::move(waiting.begin));
}

void Shares::onSync(const std::string& from, const peers::Sync& sync) {
  const auto found = parts_.find(sync.run);
  if (found == parts_.end()) {
    auto waiting = waiting_.extract(sync.run);
    if (waiting.empty()) return deps_.peers.send(from, peers::Unknown{sync.run});
    return startPart(from, std::move(waiting.mapped().begin));  // the plans may have been lost on the way
  }
  ActiveRun& part = *found->second;
  part.sharing->heard = deps_.loop.now();
  for (const engine::Position position : sync.positions) sendEnd(part, from, position);
  if (draining_) handBackAgain(from, part, sync.positions);
  Positions lacking = engine::lacking(part.run);
  const std::uint32_t epoch = part.run.state().epoch;
  if (!lacking.empty() || epoch < sync.epoch) {
    deps_.peers.send(from, peers::Lacking{sync.run, epoch, std::move(lacking)});
  }
}

void Shares::onFinish(const std::string& id) {
  rememberFinished(id);
  waiting_.erase(id);
  const auto found = parts_.find(id);
  if (found == parts_.end()) return;
  const ActiveRunPtr part = found->second;
  if (part->run.ended()) return dropPart(id);
  deps_.driver.deliver(part, engine::CancelAsked{});
}

void Shares::partEnded(const ActiveRunPtr& part) {
  deps_.loop.post([this, id = part->head.id] { dropPart(id); });
}

void Shares::dropPart(const std::string& id) {
  const auto found = parts_.find(id);
  if (found == parts_.end()) return;
  deps_.driver.forget(*found->second);
  rememberFinished(id);
  parts_.erase(found);
  partsGauge_.set(static_cast<std::int64_t>(parts_.size()));
}

void Shares::rememberFinished(const std::string& id) {
  std::erase_if(early_, [&](const Early& one) { return one.run == id; });
  if (!finished_.insert(id).second) return;
  finishedInOrder_.push_back(id);
  if (finishedInOrder_.size() <= kMaxFinished) return;
  finished_.erase(finishedInOrder_.front());
  finishedInOrder_.pop_front();
}

// What a pod waits for becomes known while nothing happens in the run.
bool Shares::waitsChanged(ActiveRun& part) const {
  Sharing& sharing = *part.sharing;
  if (part.calls.empty() || deps_.loop.now() - sharing.looked < kWaitsTick) return false;
  sharing.looked = deps_.loop.now();
  return std::ranges::any_of(engine::underWay(part.run), [&](engine::Position position) {
    return position >= sharing.waits.size() ||
           sharing.waits[position] != deps_.driver.waitsAt(part, position);
  });
}

// What was printed since the last time; `steps`: and how what is under way goes.
void Shares::report(ActiveRun& part, bool steps) {
  Sharing& sharing = *part.sharing;
  peers::Progress progress{.run = part.head.id};
  const std::string& log = part.log.jsonLines();
  progress.logOffset = sharing.logSent;
  progress.log = log.substr(sharing.logSent);
  if (steps) {
    sharing.changed = false;
    sharing.waits.resize(part.run.state().roots.size());
    for (const engine::Position position : engine::underWay(part.run)) {
      auto one = engine::progressOf(part.run, position);
      if (!one) continue;
      one->waits = sharing.waits[position] = deps_.driver.waitsAt(part, position);
      progress.steps.push_back(std::move(*one));
    }
  }
  if (progress.log.empty() && progress.steps.empty()) return;
  sharing.logSent = log.size();
  deps_.peers.send(sharing.home, std::move(progress));
}

}  // namespace faasbatch::runs
