// What the leading operator alone does: certificates, inventory, reconciling. Made when it begins to lead,
// destroyed when it does not any more: work stops then and there.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/kube/client.h"
#include "lib/net/loop.h"
#include "lib/net/tls.h"
#include "lib/telemetry/metrics.h"
#include "operator/admin/view.h"
#include "operator/inventory/inventory.h"

namespace faasbatch::manager {

struct LeadingOptions {
  std::string nameSpace;
  std::string identity;                     // in events
  std::vector<std::string> dnsNames;        // of the certificate
  std::function<std::string()> peerSecret;  // asked for with every request to an agent
  std::string functionPolicy;  // spec of the NetworkPolicy of function pods, JSON; empty: none is kept
};

// Loop thread only; all that is given must outlive it.
class Leading {
 public:
  struct Parts {
    net::EventLoop& loop;
    kube::Client& client;
    telemetry::Registry& metrics;
  };
  // The certificates are kept from now on; agents are asked, and workflows reconciled, once trust() has said
  // whom to believe.
  static std::unique_ptr<Leading> start(Parts parts, LeadingOptions options);
  virtual ~Leading() = default;
  virtual void trust(
      std::shared_ptr<net::TlsClientContext> peers) = 0;  // first call counts: it is replaced inside

  // For the admin API; nothing before trust().
  virtual std::optional<admin::View> view() const = 0;
  virtual const inventory::Inventory* inventory() const = 0;  // nullptr before trust()
};

}  // namespace faasbatch::manager
