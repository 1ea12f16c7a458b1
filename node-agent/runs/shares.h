// Runs that several agents share (docs/cluster.md, "Runs that cross nodes"): tells other agents what the
// engine says about them, and the engine what they say.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "node-agent/peers/peers.h"
#include "node-agent/runs/choose_owners.h"
#include "node-agent/runs/directory.h"
#include "node-agent/runs/driver.h"

namespace faasbatch::runs {

inline constexpr std::size_t kMaxParts = 100'000;  // further ones are not begun: home asks again later
inline constexpr std::size_t kMaxEarly = 10'000;   // ends that came before their part; the oldest are dropped
inline constexpr std::size_t kMaxFinished =
    100'000;  // parts remembered, so that late messages begin none anew
inline constexpr base::Duration kShareTick = std::chrono::milliseconds(200);  // between reports of progress
inline constexpr base::Duration kWaitsTick =
    std::chrono::seconds(1);  // between looks at what calls that have not begun wait for
inline constexpr base::Duration kAskAfter = std::chrono::seconds(2);  // home asks an owner that says nothing
inline constexpr base::Duration kPartPatience =
    std::chrono::seconds(30);  // a part asks whether home still runs
inline constexpr base::Duration kPartGrace =
    std::chrono::minutes(1);  // behind the run's deadline; then it ends

// Loop thread only.
class Shares final : public Sharer, public peers::PeerListener {
 public:
  struct Dependencies {
    net::EventLoop& loop;
    Workflows& workflows;
    Driver& driver;
    peers::Peers& peers;
    telemetry::Registry& metrics;
    // A run whose home is here, known and not ended; nullptr: there is none.
    std::function<ActiveRunPtr(const std::string& id)> find;
  };
  explicit Shares(Dependencies dependencies);
  ~Shares() override;

  void setDirectory(const Directory& directory) { directory_ = &directory; }

  // How a run that begins here now is shared; nullptr: all of it runs here.
  engine::SharePtr share(const engine::PlanSet& plans) const;
  // Before the run's first event, or after its recovery.
  void add(const ActiveRunPtr& run);
  void recovered(const ActiveRunPtr& run);
  // The run has ended. Where it succeeded this is on disk: until then its owners keep their parts, for a
  // restart.
  void finish(const ActiveRun& run);
  // This agent shuts down: what its parts have not begun goes back to their homes, now and whenever more
  // comes.
  void drain();
  // Calls of parts are under way here, or a peer has not taken yet what it is told.
  bool busy() const;

  void tell(const ActiveRunPtr& run, const engine::Tell& command) override;
  void engage(const ActiveRunPtr& run, const engine::Engage& command) override;
  void handBack(const ActiveRunPtr& part, const engine::HandBack& command) override;
  bool leaving() const override { return draining_; }
  std::string partName() const override;
  void partEnded(const ActiveRunPtr& part) override;

  void onMessage(const std::string& from, peers::Message message) override;
  void onLost(const std::string& node, const peers::Loss& loss) override;
  void onUp(const std::string& node) override;

 private:
  using Positions = std::vector<engine::Position>;

  // Both sides.
  void tick();
  void keepTicking();
  void sendEnd(const ActiveRun& run, const std::string& to, engine::Position position);
  void onEnded(const std::string& from, peers::Ended& ended);

  // At home (shares_home.cpp).
  ActiveRunPtr homeRun(const std::string& from, const std::string& id);
  void begin(const ActiveRun& run, const std::string& to);
  void ask(const ActiveRun& run, const std::string& node);
  void askWhoIsSilent(const ActiveRunPtr& run);
  std::vector<ActiveRunPtr> homeRuns() const;
  void handOn(const ActiveRun& run, const std::string& owner, engine::Position position);
  void lose(const ActiveRunPtr& run, const std::string& node, const peers::Loss& loss, bool forGood);
  Reach reach(const std::string& node) const;
  void onProgress(const std::string& from, peers::Progress& progress);
  void onLacking(const std::string& from, const peers::Lacking& lacking);
  void onUnknown(const std::string& from, const std::string& id);
  void onNeedPlans(const std::string& from, const peers::NeedPlans& need);
  void onAlive(const std::string& from, const peers::Alive& alive);

  // At an owner (shares_part.cpp).
  void onBegin(const std::string& from, peers::Begin begin);
  void startPart(const std::string& home, peers::Begin begin);
  engine::PlanSetPtr plansOf(const peers::Begin& begin, std::vector<peers::PlanName>& missing) const;
  void onPlans(const std::string& from, const peers::Plans& plans);
  void onSync(const std::string& from, const peers::Sync& sync);
  void onFinish(const std::string& id);
  void report(ActiveRun& part, bool steps);
  bool waitsChanged(ActiveRun& part) const;
  void dropPart(const std::string& id);
  void rememberFinished(const std::string& id);

  // Of an agent that shuts down (shares_drain.cpp): there, and at home.
  std::size_t letGo(const ActiveRunPtr& part);
  void refuse(const std::string& home, const peers::Begin& begin);
  void handBackAgain(const std::string& home, const ActiveRun& part, const Positions& asked);
  void onHandBack(const std::string& from, const peers::HandBack& back);

  struct Waiting {  // for plans that home was asked for
    std::string home;
    peers::Begin begin;
    std::vector<workflow::PlanPtr> plans;
    base::Instant since;
  };
  struct Early {
    std::string run;
    engine::RemoteEnded end;
  };

  Dependencies deps_;
  const Directory* directory_ = nullptr;
  std::map<std::string, std::weak_ptr<ActiveRun>> homes_;
  std::map<std::string, ActiveRunPtr> parts_;
  std::map<std::string, Waiting> waiting_;
  std::deque<Early> early_;
  std::set<std::string> finished_;
  std::deque<std::string> finishedInOrder_;
  base::TimerId timer_ = 0;
  bool draining_ = false;
  telemetry::Gauge& partsGauge_;
  telemetry::Counter& moved_;
  telemetry::Counter& handedBack_;
};

}  // namespace faasbatch::runs
