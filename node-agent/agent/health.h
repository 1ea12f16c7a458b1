// /healthz, /readyz and /metrics on a plain port, for the kubelet and Prometheus.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/net/server.h"
#include "lib/telemetry/metrics.h"

namespace faasbatch::agent {

// Loop thread only. /healthz says that the loop turns; /readyz is 503 with what is missing while `missing`
// names anything.
class HealthService {
 public:
  HealthService(const telemetry::Registry& metrics, std::function<std::vector<std::string>()> missing)
      : metrics_(metrics), missing_(std::move(missing)) {}

  void handle(const net::Request& request, net::Responder responder) const;

 private:
  net::Response ready() const;

  const telemetry::Registry& metrics_;
  std::function<std::vector<std::string>()> missing_;
};

}  // namespace faasbatch::agent
