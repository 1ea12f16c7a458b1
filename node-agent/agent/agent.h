// The whole agent put together: stores, journal, pods, dispatcher, runs, gateway, on one event loop.
#pragma once

#include <memory>

#include "lib/base/error.h"
#include "lib/net/loop.h"
#include "node-agent/agent/options.h"

namespace faasbatch::agent {

class Agent {
 public:
  // Everything is up and listening when this returns; in a cluster, what cluster_agent.h says. Error kinds:
  // "ListenFailed", "ReadFailed", "StoreUnavailable", "InvalidRequest" (a URL), "CredentialsUnavailable" (a
  // file that holds one), "DataInUse".
  static base::Result<std::unique_ptr<Agent>> start(net::EventLoop& loop, const Options& options);
  virtual ~Agent() = default;

  // Of the HTTP API, "http://127.0.0.1:8080"; empty while it is not served: a cluster's gateway waits for its
  // certificate.
  virtual std::string address() const = 0;

  // Refuses new work, lets what was accepted end, ends the pods (those of a cluster stay for the next agent),
  // then calls `done`. A second call cuts it short.
  virtual void shutdown(std::move_only_function<void()> done) = 0;
};

}  // namespace faasbatch::agent
