// What an API server and a gateway said of an installation, as it was read: decisions are those of judge.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/kube/error.h"
#include "lib/kube/object.h"

namespace faasbatch::cli {

using Read = kube::Result<kube::Object>;
using ReadAll = kube::Result<std::vector<kube::Object>>;

inline kube::ApiError notRead() { return {.reason = "NotRead", .message = "it was not asked for"}; }

// One thing that the caller may do, or may not.
struct Permission {
  std::string verb;
  std::string group;
  std::string resource;  // "functionworkflows/invocations"
  std::string name;      // of the only object; empty: any
  std::string nameSpace;
  std::string remedy;  // what to ask an administrator for
  kube::Result<bool> allowed = std::unexpected(notRead());
};

struct Facts {
  base::Instant now;
  std::string nameSpace;  // of the installation
  std::string workflowNamespace;
  std::string context;

  kube::Result<std::string> version = std::unexpected(notRead());  // of the API server
  kube::Result<std::string> caller = std::unexpected(notRead());   // its name there
  Read definition = std::unexpected(notRead());
  Read deployment = std::unexpected(notRead());
  ReadAll operatorPods = std::unexpected(notRead());
  Read lease = std::unexpected(notRead());
  Read webhook = std::unexpected(notRead());
  ReadAll webhookSlices = std::unexpected(notRead());
  Read authorities = std::unexpected(notRead());  // the ConfigMap
  Read gateway = std::unexpected(notRead());      // the Service
  ReadAll gatewaySlices = std::unexpected(notRead());
  Read certificate = std::unexpected(notRead());  // the gateway's Secret, whole
  base::Result<int> answer = base::fail("", "");  // the gateway's status to a call of the caller's
  Read peers = std::unexpected(notRead());        // the Secret's metadata
  Read daemonSet = std::unexpected(notRead());
  ReadAll agentPods = std::unexpected(notRead());
  ReadAll nodes = std::unexpected(notRead());
  Read couchdb = std::unexpected(notRead());        // the StatefulSet
  Read couchdbSecret = std::unexpected(notRead());  // metadata of an external one's
  ReadAll policies = std::unexpected(notRead());    // of the installation's namespace
  ReadAll functionPolicies = std::unexpected(notRead());
  std::vector<Permission> permissions;
  ReadAll workflows = std::unexpected(notRead());
  ReadAll endingNamespaces = std::unexpected(notRead());  // those that are being deleted
  bool allNamespaces = true;                              // that workflows are of
};

// What a DaemonSet says of the stores and the certificate; empty where it does not. Pure.
struct AgentSetup {
  std::string redisImage;
  std::string couchdbSecret;
  std::string gatewaySecret;  // of the user's own certificate
};
AgentSetup readAgentSetup(const kube::Object& daemonSet);

// Whether a namespace is known to be on its way out: what is missing there is not wrong. Pure.
bool isEnding(const Facts& facts, const std::string& nameSpace);

}  // namespace faasbatch::cli
