// Reconciles FunctionWorkflows: informer and work queue around decide.h. Exists while this operator leads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "lib/kube/client.h"
#include "lib/kube/event_recorder.h"
#include "lib/telemetry/metrics.h"
#include "operator/inventory/inventory.h"

namespace faasbatch::controllers {

inline constexpr std::size_t kReconcilesAtOnce = 16;  // one a workflow
// News of a workflow wait so long for more of them.
inline constexpr base::Duration kGather = std::chrono::milliseconds(20);

// What the admin API shows of a workflow.
struct WorkflowView {
  kube::ObjectKey key;
  std::int64_t generation = 0;
  std::string status;  // the object's, as JSON text
};

// Loop thread only; all that is given must outlive it. Nothing of it is heard of after destruction: a request
// that is under way then may still take effect, but not on an object that somebody else has written meanwhile
// (every write names the version that it is about).
class Controller {
 public:
  struct Parts {
    base::Loop& loop;
    kube::Client& client;
    kube::EventRecorder& events;
    telemetry::Registry& metrics;
    // The inventory now; nothing is decided before `settled`.
    std::function<const inventory::Inventory&()> inventory;
    std::function<bool()> settled;
    // There is one workflow more or less, or all are known now; may be empty. Never from inside start().
    std::function<void()> onWorkflows = nullptr;
  };
  static std::unique_ptr<Controller> start(Parts parts);
  virtual ~Controller() = default;

  virtual void onInventory(const inventory::Changes& changes) = 0;
  virtual void forEach(const std::function<void(const WorkflowView&)>& visit) const = 0;
  // That have workflows; nothing before all are known.
  virtual std::optional<std::set<std::string>> namespaces() const = 0;
  virtual std::size_t waiting() const = 0;  // keys in the queue or being worked on
};

}  // namespace faasbatch::controllers
