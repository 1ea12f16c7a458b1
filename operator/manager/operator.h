// The whole operator put together on one event loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/net/loop.h"
#include "operator/manager/options.h"

namespace faasbatch::manager {

inline constexpr base::Duration kReleaseTime = std::chrono::seconds(3);  // of the Lease, at the end
inline constexpr base::Duration kWebhookDrainTime = std::chrono::seconds(5);

// Every replica watches the Lease, serves health and the webhook (once there is a certificate); the one that
// leads does the rest (leading.h). The API server may be away at any time, also at the start.
class Operator {
 public:
  // `onFatal`, once, where it cannot go on later: the webhook's port is taken. Error kinds: "ListenFailed",
  // "InvalidPeerSecret", "InvalidEndpoint", "ReadFailed", "InvalidNetworkPolicy", and those of
  // kube::inClusterAccess() and kubeconfigAccess().
  static base::Result<std::unique_ptr<Operator>> start(net::EventLoop& loop, const Options& options,
                                                       std::function<void(const base::Error&)> onFatal);
  virtual ~Operator() = default;

  // Gives the Lease up, then lets the webhook answer for `drainTime` more while others hear that this one
  // goes, then calls `done`. A second call cuts it short.
  virtual void shutdown(std::move_only_function<void()> done) = 0;
};

}  // namespace faasbatch::manager
