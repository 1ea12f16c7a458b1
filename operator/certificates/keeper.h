// Makes and renews the certificates of webhook, gateway and peers, and tells everybody whom to trust. Exists
// while this operator leads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/kube/client.h"

namespace faasbatch::certificates {

struct KeeperOptions {
  std::string nameSpace;              // of the Secrets and the ConfigMap
  std::vector<std::string> dnsNames;  // of the serving certificate
};

inline constexpr base::Duration kRetryAfter = std::chrono::seconds(2);  // after a failure
inline constexpr base::Duration kLookEvery = std::chrono::hours(1);     // even where nothing is due

// Loop thread only. `client` must outlive it. Written are, in this order and each only where it differs: the
// Secret of the authorities, the ConfigMap and every webhook's caBundle (so that all trust what comes next),
// the Secret with the serving certificate. Somebody else's change of the ConfigMap, the serving Secret or the
// webhooks is put right at once.
class Keeper {
 public:
  static std::unique_ptr<Keeper> start(base::Loop& loop, kube::Client& client, KeeperOptions options);
  virtual ~Keeper() = default;
};

}  // namespace faasbatch::certificates
