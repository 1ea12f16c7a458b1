// GET /healthz, /readyz and /metrics, without TLS: for the kubelet and Prometheus.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/net/server.h"

namespace faasbatch::manager {

struct HealthSource {
  std::function<std::string()> notReady;  // why; empty: it is ready
  std::function<std::string()> metrics;   // in the Prometheus text format
};

// Loop thread only, and `source` is asked there: that /healthz is answered says that the loop turns. Kind
// "ListenFailed".
base::Result<std::unique_ptr<net::Server>> listenForHealth(net::EventLoop& loop,
                                                           const net::Endpoint& endpoint,
                                                           HealthSource source);

}  // namespace faasbatch::manager
