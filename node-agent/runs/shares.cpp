#include "node-agent/runs/shares.h"

#include <algorithm>
#include <utility>

#include "node-agent/engine/share.h"
#include "node-agent/engine/state.h"

namespace faasbatch::runs {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

Shares::Shares(Dependencies dependencies)
    : deps_(std::move(dependencies)),
      partsGauge_(
          deps_.metrics.gauge("faasbatch_run_parts_active", "Runs of other agents that have steps here.")),
      moved_(deps_.metrics.counter("faasbatch_run_steps_moved_total",
                                   "Steps of runs that got another owner, as theirs was lost.")),
      handedBack_(deps_.metrics.counter(
          "faasbatch_run_steps_handed_back_total",
          "Steps of runs that got another owner, as theirs shuts down and had not begun them.")) {
  deps_.driver.setSharer(this);
}

Shares::~Shares() { deps_.loop.cancel(timer_); }

void Shares::tell(const ActiveRunPtr& run, const engine::Tell& command) {
  const engine::Ownership& ownership = *run->run.state().ownership;
  if (run->isPart())
    report(*run, false);  // what was printed is to be there before the end that may end the run
  const bool byHome = run->isPart() && run->run.accepted().plans->main->control == workflow::Control::kHome;
  for (const engine::AgentIndex agent : command.agents) {
    if (byHome && agent != engine::Ownership::kHome) continue;  // which hands it on
    sendEnd(*run, ownership.agents[agent], command.position);
  }
  if (draining_ && run->isPart()) letGo(run);  // what follows can go now
}

void Shares::sendEnd(const ActiveRun& run, const std::string& to, engine::Position position) {
  auto end = engine::endOf(run.run, position);
  if (!end) return;
  const engine::State& state = run.run.state();
  const bool own = state.roots[position].end != nullptr || state.ownership->mine(position);
  const std::string& owner = own ? deps_.peers.node() : state.ownership->owner(position);
  deps_.peers.send(
      to, peers::Ended{run.head.id, owner, std::make_shared<const engine::StepEnd>(std::move(*end))});
}

std::string Shares::partName() const { return deps_.peers.node() + ":" + deps_.peers.incarnation(); }

void Shares::onMessage(const std::string& from, peers::Message message) {
  std::visit(Overloaded{
                 [&](peers::Begin& begin) { onBegin(from, std::move(begin)); },
                 [&](peers::Ended& ended) { onEnded(from, ended); },
                 [&](peers::Progress& progress) { onProgress(from, progress); },
                 [&](peers::Finish& finish) { onFinish(finish.run); },
                 [&](peers::Sync& sync) { onSync(from, sync); },
                 [&](peers::Lacking& lacking) { onLacking(from, lacking); },
                 [&](peers::Unknown& unknown) { onUnknown(from, unknown.run); },
                 [&](peers::NeedPlans& need) { onNeedPlans(from, need); },
                 [&](peers::Plans& plans) { onPlans(from, plans); },
                 [&](peers::Alive& alive) { onAlive(from, alive); },
                 [&](peers::HandBack& back) { onHandBack(from, back); },
             },
             message);
}

void Shares::onEnded(const std::string& from, peers::Ended& ended) {
  const engine::Position position = ended.end->position;
  engine::RemoteEnded event{std::move(ended.owner), std::move(ended.end)};
  if (const auto part = parts_.find(ended.run); part != parts_.end()) {
    const ActiveRunPtr run = part->second;
    return deps_.driver.deliver(run, std::move(event));
  }
  if (homes_.contains(ended.run)) {
    const ActiveRunPtr run = homeRun(from, ended.run);
    if (!run) return;
    const std::string owner = event.from;
    deps_.driver.deliver(run, std::move(event));
    return Driver::whenWritten(run, [this, run, owner, position] { handOn(*run, owner, position); });
  }
  if (finished_.contains(ended.run)) return;
  if (early_.size() >= kMaxEarly) early_.pop_front();
  early_.push_back({ended.run, std::move(event)});
}

void Shares::keepTicking() {
  if (!timer_) timer_ = deps_.loop.after(kShareTick, [this] { tick(); });
}

void Shares::tick() {
  timer_ = 0;
  std::erase_if(homes_, [](const auto& home) { return home.second.expired(); });
  for (const ActiveRunPtr& run : homeRuns()) askWhoIsSilent(run);
  std::map<std::string, peers::Alive> unheard;  // by home
  std::vector<std::string> over;
  const base::Instant now = deps_.loop.now();
  for (const auto& [id, part] : parts_) {
    Sharing& sharing = *part->sharing;
    if (sharing.changed || waitsChanged(*part)) report(*part, true);
    if (now + sharing.ahead > part->run.accepted().deadline + kPartGrace) over.push_back(id);
    if (now - sharing.heard < kPartPatience) continue;
    sharing.heard = now;
    unheard[sharing.home].runs.push_back(id);
  }
  for (auto& [home, alive] : unheard) deps_.peers.send(home, std::move(alive));
  for (const std::string& id : over) onFinish(id);
  std::erase_if(waiting_, [now](const auto& entry) { return now - entry.second.since > kPartPatience; });
  if (!homes_.empty() || !parts_.empty() || !waiting_.empty()) keepTicking();
}

}  // namespace faasbatch::runs
