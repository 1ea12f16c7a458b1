// /healthz, /readyz and /metrics on a plain port, for the kubelet and Prometheus.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/net/server.h"
#include "lib/telemetry/metrics.h"

namespace faasbatch::agent {

// Loop thread only. /healthz says that the loop turns; /readyz is 503 with what is missing while `missing`
// names anything; /metrics calls `measure` first, for what is not counted as it happens.
class HealthService {
 public:
  HealthService(const telemetry::Registry& metrics, std::function<std::vector<std::string>()> missing,
                std::function<void()> measure)
      : metrics_(metrics), missing_(std::move(missing)), measure_(std::move(measure)) {}

  void handle(const net::Request& request, net::Responder responder) const;

 private:
  net::Response ready() const;

  const telemetry::Registry& metrics_;
  std::function<std::vector<std::string>()> missing_;
  std::function<void()> measure_;
};

}  // namespace faasbatch::agent
