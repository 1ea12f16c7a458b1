// What ties an agent to its cluster: the API server's client, and what is seen and made through it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lib/kube/client_thread.h"
#include "node-agent/access/guard.h"
#include "node-agent/agent/options.h"
#include "node-agent/cluster/config_maps.h"
#include "node-agent/cluster/node_reference.h"
#include "node-agent/pods/kubernetes/kubernetes_provider.h"
#include "node-agent/pods/kubernetes/pod_api.h"
#include "node-agent/runs/directory.h"
#include "node-agent/sources/sources.h"

namespace faasbatch::agent {

// Made in this order and destroyed in reverse, after everything that uses it.
struct ClusterParts {
  std::string secret;  // of the peers
  std::unique_ptr<kube::ClientThread> api;
  std::unique_ptr<access::Reviewer> reviewer;
  std::unique_ptr<pods::PodApi> podApi;
  std::unique_ptr<clusterview::ConfigMaps> configMaps;
  std::unique_ptr<clusterview::NodeReference> node;
  pods::PodSettings podSettings;

  // Reads files and begins to talk to the API server, without waiting for it. Kinds "CredentialsUnavailable",
  // "InvalidPodDefaults" and those of lib/kube/access.h.
  base::Result<void> make(net::EventLoop& loop, const Options& options);

  // `directory` is asked, when a pod is made, whose it is.
  std::unique_ptr<pods::Provider> makeProvider(net::EventLoop& loop,
                                               std::function<const runs::Directory&()> directory);
  // ConfigMaps as sources of functions.
  sources::Options code() const;
};

}  // namespace faasbatch::agent
