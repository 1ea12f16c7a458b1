// What an agent of a Kubernetes node is started with, besides what every agent takes.
#pragma once

#include <cstdint>
#include <string>

#include "lib/cluster/names.h"

namespace CLI {
class App;
}

namespace faasbatch::agent {

struct ClusterOptions {
  bool enabled = false;
  std::string kubeconfig;  // for outside of a cluster; empty: the pod's service account
  std::string nameSpace;   // of the agents: POD_NAMESPACE
  std::string address;     // of this agent, as pods and peers reach it: POD_IP
  std::string peerListen = ":9443";
  std::string storeListen = ":9444";
  std::string healthListen = ":9090";
  std::string peerSecretFile;
  bool openGateway = false;   // nobody is asked who they are
  bool plainGateway = false;  // without TLS
  std::string gatewayTlsSecret{cluster::kTlsSecret};
  std::string pythonImage = "faasbatch/runtime-python";
  std::string nativeImage = "faasbatch/runtime-native";
  std::string pullPolicy;   // of function pods: "Always", "IfNotPresent", "Never"; empty: Kubernetes' default
  std::string podDefaults;  // file: pod_defaults.h
  std::uint16_t podPort = cluster::kRuntimePort;
};

// The flags, and the environment variables that stand in for them.
void addClusterOptions(CLI::App& app, ClusterOptions& options);
// What is missing or does not go together, in words; empty: nothing.
std::string faultOf(const ClusterOptions& options);

}  // namespace faasbatch::agent
