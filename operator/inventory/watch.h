// The inventory, kept up to date: Nodes and EndpointSlices by informers, reports by long polls.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/kube/client.h"
#include "operator/inventory/inventory.h"
#include "operator/inventory/report_poller.h"

namespace faasbatch::inventory {

struct WatchOptions {
  std::string nameSpace;  // of the agents' headless service
  ReportPollerOptions reports;
};

// Loop thread only. `client` must outlive it.
class Watch {
 public:
  // `onChanges` is never called from inside start(), nor after destruction, and may not destroy this.
  static std::unique_ptr<Watch> start(net::EventLoop& loop, kube::Client& client, WatchOptions options,
                                      std::function<void(const Changes&)> onChanges);
  virtual ~Watch() = default;
  virtual const Inventory& inventory() const = 0;
  // All that there is has been seen once, and every agent has answered or failed to (Inventory::settled()).
  // Once true it stays so. onChanges follows.
  virtual bool synced() const = 0;
};

}  // namespace faasbatch::inventory
