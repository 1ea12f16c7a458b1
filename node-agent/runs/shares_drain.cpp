// An agent that shuts down gives the steps of others' runs back that it has not begun, and their homes give
// them to others.
#include <algorithm>
#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/engine/root_list.h"
#include "node-agent/engine/share.h"
#include "node-agent/engine/state.h"
#include "node-agent/runs/shares.h"

namespace faasbatch::runs {

void Shares::drain() {
  draining_ = true;
  std::size_t steps = 0;
  const auto parts = parts_;
  for (const auto& [id, part] : parts) steps += letGo(part);
  for (const auto& [id, waiting] : std::exchange(waiting_, {})) refuse(waiting.home, waiting.begin);
  if (steps > 0) telemetry::info("steps that have not begun are handed back", {{"steps", steps}});
}

// What can go nowhere else stays, and is run as long as there is time.
std::size_t Shares::letGo(const ActiveRunPtr& part) {
  if (part->run.ended()) return 0;
  const engine::PlanSet& plans = *part->run.accepted().plans;
  const DirectoryEntry* entry =
      directory_ ? directory_->find(plans.main->nameSpace, plans.main->name) : nullptr;
  Positions positions = engine::movable(part->run);
  std::erase_if(positions, [&](engine::Position position) {
    return !mayRunElsewhere(plans, entry ? entry->placement.get() : nullptr, position, deps_.peers.node(),
                            part->sharing->home, [this](const std::string& node) { return reach(node); });
  });
  const std::size_t count = positions.size();
  if (count > 0) deps_.driver.deliver(part, engine::LetGo{std::move(positions)});
  return count;
}

void Shares::handBack(const ActiveRunPtr& part, const engine::HandBack& command) {
  deps_.peers.send(part->sharing->home,
                   peers::HandBack{part->head.id, part->run.state().epoch, command.positions});
}

// A share whose plans are not here: nothing of it has begun.
void Shares::refuse(const std::string& home, const peers::Begin& begin) {
  deps_.peers.send(home, peers::HandBack{begin.run, begin.share.epoch, engine::movable(begin.share)});
}

// Home still waits for steps that were let go: it has not heard so.
void Shares::handBackAgain(const std::string& home, const ActiveRun& part, const Positions& asked) {
  const engine::State& state = part.run.state();
  peers::HandBack back{part.head.id, state.epoch, asked};
  std::erase_if(back.positions, [&](engine::Position position) {
    return position >= state.roots.size() || state.ownership->mine(position) ||
           engine::hasEnded(state, position);
  });
  if (!back.positions.empty()) deps_.peers.send(home, std::move(back));
}

// At home. Who owns what is decided with what was lost before.
void Shares::onHandBack(const std::string& from, const peers::HandBack& back) {
  const ActiveRunPtr run = homeRun(from, back.run);
  if (!run) return;
  if (run->writing) return Driver::whenWritten(run, [this, from, back] { onHandBack(from, back); });
  const workflow::Plan& plan = *run->run.accepted().plans->main;
  const DirectoryEntry* entry = directory_ ? directory_->find(plan.nameSpace, plan.name) : nullptr;
  engine::HandedBack event{from, {}};
  for (const engine::Position position : engine::givenBack(run->run, from, back.epoch, back.positions)) {
    event.heirs.emplace_back(position, chooseHeir(plan, entry ? entry->placement.get() : nullptr, position,
                                                  from, deps_.peers.node(), [&](const std::string& node) {
                                                    return node == from ? Reach::kGone : reach(node);
                                                  }));
  }
  if (event.heirs.empty()) return;
  handedBack_.add(event.heirs.size());
  telemetry::info("steps of a run get another owner",
                  {{"run", run->head.id},
                   {"from", from},
                   {"steps", event.heirs.size()},
                   {"why", "its agent shuts down and had not begun them"}});
  deps_.driver.deliver(run, std::move(event));
}

}  // namespace faasbatch::runs
