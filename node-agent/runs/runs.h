// Drives runs: gives the engine its events, carries out its commands, keeps the journal, answers those who
// wait.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/net/loop.h"
#include "lib/telemetry/metrics.h"
#include "node-agent/batching/dispatcher.h"
#include "node-agent/engine/engine.h"
#include "node-agent/journal/journal.h"
#include "node-agent/peers/peers.h"
#include "node-agent/runs/directory.h"
#include "node-agent/runs/key_peers.h"
#include "node-agent/runs/measures.h"
#include "node-agent/runs/memory_bounds.h"
#include "node-agent/runs/spill.h"
#include "node-agent/runs/workflows.h"

namespace faasbatch::runs {

inline constexpr std::size_t kMaxActiveRuns = 100'000;  // then "QueueFull"
inline constexpr base::Duration kCancelGrace = std::chrono::seconds(1);
inline constexpr base::Duration kKeyLife = std::chrono::hours(24);  // of an idempotency key

struct Invocation {
  std::string nameSpace;
  std::string workflow;
  std::optional<std::string> function;
  base::Payload input;
  bool async = false;  // accepted only when on disk
  std::string idempotencyKey;
  bool settled = false;  // no other agent is asked whether it knows the key
};

// What a run came to, as its caller is told.
struct Outcome {
  std::string id;
  engine::RunStatus status = engine::RunStatus::kSucceeded;
  base::Payload output;
  engine::RunError error;
  calls::Receipt receipt;
};

struct InvokeCallbacks {
  // Once: the run's id as soon as it is accepted (asynchronous: on disk), or why it was not:
  // "WorkflowNotFound", "FunctionNotFound", "QueueFull", "IdempotencyMismatch", "StoreUnavailable",
  // "Draining".
  std::move_only_function<void(base::Result<std::string>)> onAccepted;
  // Once, after onAccepted gave an id; may be empty.
  std::move_only_function<void(const Outcome&)> onEnded;
  // Instead of both, where there are other agents: the one of this node has a run with the key.
  std::move_only_function<void(const std::string& node)> onElsewhere;
};

// Loop thread only; callbacks too, never from inside the call... but for onAccepted of a synchronous run.
class Runs {
 public:
  struct Dependencies {
    net::EventLoop& loop;
    Workflows& workflows;
    batching::Dispatcher& dispatcher;
    journal::Journal& journal;
    Stores stores;
    bool storesForget = false;  // see place()
    telemetry::Registry& metrics;
    std::string node = "local";
    MemoryBounds memory{};
    KeyPeers* keyPeers = nullptr;   // nullptr: there are no other agents
    peers::Peers* peers = nullptr;  // likewise
  };
  static std::unique_ptr<Runs> make(const Dependencies& dependencies);
  virtual ~Runs() = default;

  // Goes on with every run the journal has unfinished. Call once, after Workflows::load().
  virtual void recover() = 0;

  virtual void invoke(Invocation invocation, InvokeCallbacks callbacks) = 0;

  // Calls `done` with whether the run has ended: when it ends, or at `deadline`. A run that is not active has
  // ended.
  virtual void wait(const std::string& nameSpace, const std::string& id, base::Instant deadline,
                    std::move_only_function<void(bool)> done) = 0;

  // The record as JSON; nothing where there is no such run.
  using Text = std::move_only_function<void(base::Result<std::optional<std::string>>)>;
  virtual void record(const std::string& nameSpace, const std::string& id, Text done) = 0;
  virtual void logs(const std::string& nameSpace, const std::string& id, Text done) = 0;

  // {"items": [...], "continue": "..."}: active and ended runs, newest first.
  virtual void list(journal::ListQuery query,
                    std::move_only_function<void(base::Result<std::string>)> done) = 0;

  // Asks a run to end "Cancelled". True: it has, and where the journal keeps runs, this is on disk or waits
  // for one that is full; false, at once: there is no active run of that id (it may have ended).
  virtual void cancel(const std::string& nameSpace, const std::string& id,
                      std::move_only_function<void(bool)> done) = 0;

  // Another agent, of node `asker`, has a call with this key. `askerFirst`: where both ask it is the one to
  // begin a run; from then on a call that waits here goes there.
  virtual void askedForKey(const KeyName& name, const std::string& asker, bool askerFirst,
                           std::move_only_function<void(base::Result<KeyState>)> done) = 0;

  // Where there are other agents: who is to hear of them, so that runs cross nodes; and from now on, where
  // workflows are placed.
  virtual peers::PeerListener& peerListener() = 0;
  virtual void setDirectory(const Directory& directory) = 0;

  virtual std::size_t active() const = 0;
  // Of the runs whose home is here.
  virtual Measures& measures() = 0;
  // What the runs hold on to in memory, an estimate: their states, calls under way and logs. How far it may
  // grow: MemoryBounds.
  virtual std::size_t activeBytes() const = 0;
  // No run is accepted any more; `done` when none is active, or at `deadline`.
  virtual void drain(base::Instant deadline, std::move_only_function<void()> done) = 0;
};

}  // namespace faasbatch::runs
