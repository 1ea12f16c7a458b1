#include <algorithm>
#include <utility>

#include "node-agent/engine/fold.h"
#include "node-agent/engine/root_list.h"
#include "node-agent/engine/share.h"

namespace faasbatch::engine {
namespace {

// Whether what the step has to give lies in this node's store, or may come to lie there: its calls are under
// way, and all that look at it were this agent's when they began.
bool givesHereOnly(const State& s, Position position) {
  if (!hasEnded(s, position)) return hasBegun(s, position) && usedHereOnly(s, position);
  const OutputPtr& output = s.steps[s.roots[position].step].output;
  return output && inNodeStore(toValue(output));
}

bool isMovable(const State& s, Position position) {
  if (!s.ownership->mine(position) || hasEnded(s, position) || hasBegun(s, position)) return false;
  const PlanView& view = s.plans[0];
  return std::ranges::none_of(view.node(view.block(0).nodes[position]).predecessors,
                              [&](workflow::NodeIndex before) {
                                const Position earlier = view.position(before);
                                return s.ownership->mine(earlier) && givesHereOnly(s, earlier);
                              });
}

}  // namespace

// At a part. From here on the steps are home's for this agent, so that nothing that comes late begins one.
void Fold::letGo(const LetGo& event) {
  if (!s_.shared() || s_.isHome() || !s_.frames[kRootFrame].live) return;
  HandBack command;
  for (const Position position : event.positions) {
    if (position < s_.roots.size() && isMovable(s_, position)) command.positions.push_back(position);
  }
  if (command.positions.empty()) return;
  auto next = std::make_shared<Ownership>(*s_.ownership);
  for (const Position position : command.positions) {
    if (!next->mine(position)) continue;  // named twice
    next->owners[position] = Ownership::kHome;
    retire(position);
    --s_.frames[kRootFrame].live->left;
    inputsDone(position);
  }
  s_.ownership = std::move(next);
  out_.emplace_back(std::move(command));
}

// At home. It is no loss: no attempt is used up, and nothing of it stays in the record.
void Fold::handedBack(const HandedBack& event) {
  if (!s_.shared() || !s_.isHome() || !s_.frames[kRootFrame].live) return;
  const auto giver = s_.ownership->find(event.agent);
  if (!giver || *giver == Ownership::kHome) return;
  auto next = std::make_shared<Ownership>(*s_.ownership);
  std::vector<Position> positions;
  for (const auto& [position, heir] : event.heirs) {
    if (position >= s_.roots.size() || next->owners[position] != *giver) continue;
    RootStep& root = s_.roots[position];
    if (hasEnded(s_, position) || root.parked) continue;
    keepTime(position);
    show(position, {});
    if (root.step != kNone) s_.steps[root.step].begun = false;
    root.givenAt = s_.epoch + 1;
    next->owners[position] = next->add(heir);
    positions.push_back(position);
  }
  if (!positions.empty()) reassign(std::move(next), {}, positions, {});
}

std::vector<Position> movable(const Run& run) {
  const State& s = run.state();
  std::vector<Position> positions;
  for (Position p = 0; p < s.roots.size() && !s.ended(); ++p) {
    if (isMovable(s, p)) positions.push_back(p);
  }
  return positions;
}

std::vector<Position> movable(const Share& share) {
  std::vector<Position> positions;
  for (Position p = 0; p < share.ownership->owners.size(); ++p) {
    if (share.ownership->mine(p) && !std::ranges::count(share.ended, p, &StepEnd::position))
      positions.push_back(p);
  }
  return positions;
}

std::vector<Position> givenBack(const Run& run, const std::string& agent, std::uint32_t epoch,
                                const std::vector<Position>& said) {
  const State& s = run.state();
  std::vector<Position> positions;
  for (const Position p : said) {
    if (p >= s.roots.size() || s.ended() || s.ownership->owner(p) != agent) continue;
    if (epoch < s.roots[p].givenAt || hasEnded(s, p) || s.roots[p].parked) continue;
    if (!std::ranges::count(positions, p)) positions.push_back(p);
  }
  return positions;
}

}  // namespace faasbatch::engine
