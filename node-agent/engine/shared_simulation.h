// For tests: a run that several agents share, with the network between them, restarts and lost messages
// played by the test, on virtual time.
#pragma once

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "node-agent/engine/invariants.h"
#include "node-agent/engine/record.h"
#include "node-agent/engine/share.h"
#include "node-agent/engine/simulation.h"

namespace faasbatch::engine {

class SharedSimulation {
 public:
  struct Network {
    base::Duration delay = 3ms;  // at most; so messages overtake one another
    std::uint32_t lost = 0;      // percent
    std::uint32_t twice = 0;     // percent
  };

  SharedSimulation(workflow::PlanPtr plan, workflow::PlanPtr inner, Ownership ownership, Behaviour behaviour,
                   std::uint32_t seed)
      : rng_(seed), plan_(std::move(plan)), inner_(std::move(inner)), behaviour_(std::move(behaviour)) {
    agents_.resize(ownership.agents.size());
    for (AgentIndex i = 0; i < agents_.size(); ++i) agents_[i].name = ownership.agents[i];
    ownership_ = std::make_shared<Ownership>(std::move(ownership));
  }

  void start(const std::string& input) {
    input_ = input;
    agents_[0].sim = simulation(0);
    Accepted accepted = acceptance();
    auto share = std::make_shared<Share>();
    share->ownership = ownership_;
    accepted.share = std::move(share);
    createdAt_ = agenda->clock.now();
    agents_[0].sim->give(std::move(accepted));
    syncLater();
  }

  // Runs to the end; as Simulation::result().
  std::string result() {
    while (!over() && agenda->next()) {
    }
    return agents_[0].sim ? agents_[0].sim->result() : "home is gone";
  }
  bool over() const { return agents_[0].sim && agents_[0].sim->run.ended(); }
  // What still happens after the end: messages under way, agents that forget.
  void settle() {
    while (agenda->next()) {
    }
    removeReleased(SIZE_MAX);
  }

  // The agent's process dies and starts anew: its part is gone, and its node's store where it was in memory.
  // Home learns of it at once.
  void restart(AgentIndex agent, bool storeLost, const std::vector<AgentIndex>& heirs) {
    stop(agent, storeLost);
    if (!agents_[0].sim || agents_[0].sim->run.ended()) return;
    lost(agent, storeLost, heirs);
  }
  // The same, but the agent is found to have forgotten the run only when home asks after it.
  void stop(AgentIndex agent, bool storeLost) {
    Agent& one = agents_[agent];
    keepEvents(agent);
    if (one.sim && !storeLost) one.kept = one.sim->store;
    if (storeLost) one.kept.clear();
    one.sim.reset();
    one.early.clear();
    one.finished = false;
    one.draining = false;
    ++one.life;
  }

  // The agent, not home, begins to shut down: it lets go what has not begun, now and whenever it is given
  // more.
  void drain(AgentIndex agent) {
    agents_[agent].draining = true;
    letGo(agent);
  }
  // How often a part's agent said that it lets go a step.
  std::size_t handedBack = 0;

  // Home's process dies, with all its journal has not got yet (at most so many events), and starts anew.
  static constexpr std::size_t kMaxEventsLost = 3;
  void restartHome(std::size_t eventsLost) {
    stop(0, false);
    // Acceptance and changes of owners are on disk before they count.
    std::size_t kept = journal_.size() - std::min(journal_.size(), eventsLost);
    for (std::size_t i = 0; i < journal_.size(); ++i) {
      const auto& what = journal_[i].what;
      if (std::holds_alternative<OwnerLost>(what) || std::holds_alternative<HandedBack>(what) ||
          std::holds_alternative<Accepted>(what))
        kept = std::max(kept, i + 1);
    }
    journal_.resize(kept);
    std::erase_if(releases_, [kept](const auto& release) { return release.first > kept; });
    Agent& home = agents_[0];
    home.sim = simulation(0);
    home.sim->store = home.kept;
    const auto plans = [this](std::string_view, std::string_view name, std::string_view) {
      return name == "inner" ? inner_ : plan_;
    };
    for (const Event& event : journal_) {
      if (!journaled(event)) continue;
      const std::string line = toJournal(event);
      const auto back = fromJournal(line, plans);
      ASSERT_TRUE(back) << back.error().message << "\n" << line;
      EXPECT_EQ(toJournal(*back), line);
      apply(home.sim->run, *back);
      expectInvariants(home.sim->run);
    }
    home.sim->events = journal_;
    if (home.sim->run.ended()) return;
    home.sim->give(Recovered{});
    home.sim->obey(pending(home.sim->run));
    forgotten_ = true;
    sync();
  }

  Simulation* agent(AgentIndex i) const { return agents_[i].sim.get(); }
  Run& home() { return agents_[0].sim->run; }
  std::shared_ptr<Agenda> agenda = std::make_shared<Agenda>();
  Network network;
  Shelf clusterStore;
  std::vector<Dispatch> dispatched;       // by all agents
  std::vector<std::string> dispatchedBy;  // likewise
  std::size_t messages = 0;

  bool nodeStoresEmpty() const {
    return std::ranges::all_of(agents_, [](const Agent& one) { return !one.sim || one.sim->store.empty(); });
  }

 private:
  struct Agent {
    std::string name;
    std::unique_ptr<Simulation> sim;
    std::uint32_t life = 0;
    bool finished = false;
    bool draining = false;
    std::vector<RemoteEnded> early;
    Shelf kept;
  };

  static void expectInvariants(const Run& run) {
    for (const auto& broken : brokenInvariants(run)) ADD_FAILURE() << broken;
  }

  Accepted acceptance() {
    auto plans = std::make_shared<PlanSet>();
    plans->main = plan_;
    plans->others["inner"] = inner_;
    Accepted accepted{.id = "run-1", .plans = plans};
    accepted.input.payload = base::Payload(input_);
    accepted.input.size = input_.size();
    accepted.deadline = agenda->clock.now() + plan_->timeout;
    return accepted;
  }

  std::unique_ptr<Simulation> simulation(AgentIndex index) {
    auto sim = std::make_unique<Simulation>(
        plan_,
        [this, index](const Dispatch& call) {
          dispatched.push_back(call);
          dispatchedBy.push_back(agents_[index].name);
          return behaviour_(call);
        },
        agenda);
    sim->with(inner_);
    sim->chaos = &rng_;
    sim->node = agents_[index].name;
    sim->keyPrefix = agents_[index].name + std::to_string(agents_[index].life) + ":";
    sim->clusterStore = &clusterStore;
    sim->check = expectInvariants;
    Simulation* raw = sim.get();
    sim->placeOutput = [this, index, raw](StepId step) {
      const auto root = feeds(raw->run, step);
      const bool travels = root && (agents_[index].draining || !usedHereOnly(raw->run, *root));
      return travels ? OutputRef::Store::kCluster : OutputRef::Store::kNode;
    };
    if (index == 0) {  // what the journal may not know of yet is not undone
      sim->deferRelease = [this, raw](const Release& release) {
        releases_.emplace_back(raw->events.size(), release);
        removeReleased(raw->run.ended() ? SIZE_MAX
                                        : raw->events.size() - std::min(raw->events.size(), kMaxEventsLost));
      };
    }
    sim->onTell = [this, index](const Tell& tell) {
      for (const AgentIndex to : tell.agents) sendEnd(index, to, tell.position);
      letGo(index);
    };
    sim->onHandBack = [this, index](const HandBack& back) {
      handedBack += back.positions.size();
      handBack(index, back.positions);
    };
    sim->onEngage = [this](const Engage& engage) {
      for (const AgentIndex to : engage.agents) begin(to);
    };
    return sim;
  }

  void removeReleased(std::size_t known) {
    std::erase_if(releases_, [&](const auto& release) {
      if (release.first > known) return false;
      agents_[0].sim->remove(release.second);
      return true;
    });
  }

  std::uint32_t chance(std::uint32_t n) { return static_cast<std::uint32_t>(rng_() % n); }

  void send(AgentIndex to, std::function<void()> what) {
    ++messages;
    if (chance(100) < network.lost) return;
    const int copies = chance(100) < network.twice ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      agenda->later(base::Duration(chance(1000) * network.delay / 1000),
                    [this, to, life = agents_[to].life, what] {
                      if (agents_[to].life == life) what();
                    });
    }
  }

  void sendEnd(AgentIndex from, AgentIndex to, Position position) {
    auto end = endOf(agents_[from].sim->run, position);
    if (!end) return;
    const State& s = agents_[from].sim->run.state();
    RemoteEnded event{s.roots[position].end ? agents_[from].name : s.ownership->owner(position),
                      std::make_shared<StepEnd>(std::move(*end))};
    send(to, [this, to, event] { receive(to, event); });
  }

  void receive(AgentIndex to, const RemoteEnded& event) {
    Agent& one = agents_[to];
    if (one.finished) return;
    if (!one.sim) return one.early.push_back(event);
    if (!one.sim->run.ended()) one.sim->give(event);
    if (to == 0) finishIfOver();
  }

  void begin(AgentIndex to) {
    auto share = std::make_shared<const Share>(shareOf(home(), to));
    send(to, [this, to, share] {
      Agent& one = agents_[to];
      if (one.finished) return;
      if (one.sim) {
        one.sim->give(ShareChanged{share});
        return letGo(to);
      }
      one.sim = simulation(to);
      one.sim->store = std::exchange(one.kept, {});
      Accepted accepted = acceptance();
      accepted.deadline = createdAt_ + plan_->timeout;
      accepted.share = share;
      one.sim->give(std::move(accepted));
      letGo(to);
      for (const RemoteEnded& event : std::exchange(one.early, {})) one.sim->give(event);
    });
  }

  void finishIfOver() {
    if (!agents_[0].sim || !agents_[0].sim->run.ended()) return;
    for (AgentIndex i = 1; i < agents_.size(); ++i) {
      agents_[i].finished = true;
      if (agents_[i].sim && !agents_[i].sim->run.ended()) agents_[i].sim->give(CancelAsked{});
    }
  }

  void syncLater() {
    agenda->later(25ms, [this] {
      sync();
      if (!over()) syncLater();
    });
  }

  // Home asks after what it waits for.
  void sync() {
    if (!agents_[0].sim) return;
    if (over()) return finishIfOver();
    for (AgentIndex to = 1; to < agents_.size(); ++to) {
      auto positions = awaited(home(), to);
      if (positions.empty()) continue;
      send(to, [this, to, positions, epoch = home().state().epoch] {
        if (!agents_[to].sim) return send(0, [this, to, life = agents_[to].life] { unknown(to, life); });
        for (const Position position : positions) sendEnd(to, 0, position);
        handBackAgain(to, positions);
        const auto missing = lacking(agents_[to].sim->run);
        const bool behind = agents_[to].sim->run.state().epoch < epoch;
        send(0, [this, to, missing, behind] {
          if (!agents_[0].sim || over()) return;
          if (behind) begin(to);
          for (const Position position : missing) sendEnd(0, to, position);
        });
      });
    }
  }

  void letGo(AgentIndex agent) {
    const Agent& one = agents_[agent];
    if (one.draining && one.sim && !one.sim->run.ended()) one.sim->give(LetGo{movable(one.sim->run)});
  }

  void handBack(AgentIndex from, const std::vector<Position>& positions) {
    if (positions.empty()) return;
    send(0, [this, from, positions, epoch = agents_[from].sim->run.state().epoch] {
      if (!agents_[0].sim || over()) return;
      HandedBack event{agents_[from].name, {}};
      const auto others = static_cast<std::uint32_t>(agents_.size() - 1);
      for (const Position position : givenBack(home(), event.agent, epoch, positions)) {
        event.heirs.emplace_back(position, agents_[(from + 1 + chance(others)) % agents_.size()].name);
      }
      if (!event.heirs.empty()) agents_[0].sim->give(std::move(event));
    });
  }

  // Home waits for steps that were let go: it has not heard so.
  void handBackAgain(AgentIndex agent, std::vector<Position> positions) {
    const Agent& one = agents_[agent];
    if (!one.draining) return;
    std::erase_if(positions, [&](Position p) { return one.sim->run.state().ownership->mine(p); });
    handBack(agent, positions);
  }

  // The agent knows nothing of the run. In the life that home has seen, the beginning was lost on the way.
  void unknown(AgentIndex agent, std::uint32_t life) {
    if (!agents_[0].sim || over() || agents_[agent].sim || life != agents_[agent].life) return;
    if (life == seenLife_[agent] && !forgotten_) return begin(agent);
    seenLife_[agent] = life;
    lost(agent, true, {agent});
  }

  void lost(AgentIndex agent, bool storeLost, const std::vector<AgentIndex>& heirs) {
    seenLife_[agent] = agents_[agent].life;
    OwnerLost event{agents_[agent].name, "the agent of node " + agents_[agent].name + " restarted", {}};
    const bool same = heirs == std::vector<AgentIndex>{agent};
    for (const Position position : lostWith(home(), agent, storeLost || !same)) {
      event.heirs.emplace_back(position,
                               agents_[heirs[chance(static_cast<std::uint32_t>(heirs.size()))]].name);
    }
    agents_[0].sim->give(std::move(event));
    finishIfOver();
  }

  void keepEvents(AgentIndex agent) {
    if (agent == 0 && agents_[0].sim) journal_ = agents_[0].sim->events;
  }

  std::mt19937 rng_;
  workflow::PlanPtr plan_;
  workflow::PlanPtr inner_;
  Behaviour behaviour_;
  OwnershipPtr ownership_;
  std::vector<Agent> agents_;
  std::string input_;
  base::Instant createdAt_;
  std::vector<Event> journal_;
  std::vector<std::pair<std::size_t, Release>> releases_;  // with the number of events home had by then
  std::map<AgentIndex, std::uint32_t> seenLife_;
  bool forgotten_ = false;
};

}  // namespace faasbatch::engine
