#include "node-agent/agent/cluster_options.h"

#include <CLI/CLI.hpp>

namespace faasbatch::agent {

void addClusterOptions(CLI::App& app, ClusterOptions& options) {
  auto* const group = app.add_option_group("Kubernetes", "what an agent of a Kubernetes node needs");
  const auto text = [group](const char* name, std::string& value, const char* help) {
    return group->add_option(name, value, help)->capture_default_str();
  };
  group->add_flag("--kubernetes", options.enabled,
                  "take workflows from the API server and run functions in pods of this node");
  text("--kubeconfig", options.kubeconfig, "how to reach the API server; none: the pod's service account");
  text("--namespace", options.nameSpace, "of the agents")->envname("POD_NAMESPACE");
  text("--address", options.address, "at which function pods and other agents reach this one")
      ->envname("POD_IP");
  text("--peer-listen", options.peerListen, "address for agents and operator");
  text("--store-listen", options.storeListen, "address of the functions' store");
  text("--health-listen", options.healthListen, "address of /healthz, /readyz and /metrics");
  text("--peer-secret-file", options.peerSecretFile, "what agents and operator show one another");
  group->add_flag("--open-gateway", options.openGateway, "ask no caller for a token or a certificate");
  group->add_flag("--plain-gateway", options.plainGateway, "serve the HTTP API without TLS");
  text("--gateway-tls-secret", options.gatewayTlsSecret,
       "Secret (kubernetes.io/tls) with the gateway's certificate");
  text("--python-image", options.pythonImage, "image of Python functions without one of their own");
  text("--native-image", options.nativeImage, "image of native functions without one of their own");
  text("--pull-policy", options.pullPolicy, "of the images of function pods")
      ->check(CLI::IsMember({"", "Always", "IfNotPresent", "Never"}));
  text("--pod-defaults", options.podDefaults,
       "YAML file: resources, imagePullSecrets and priorityClassName of function pods");
  group->add_option("--pod-port", options.podPort, "port of the runtime in function pods")
      ->capture_default_str()
      ->check(CLI::Range(1, 65'535));
}

std::string faultOf(const ClusterOptions& options) {
  if (!options.enabled) return "";
  if (options.peerSecretFile.empty()) return "--kubernetes needs --peer-secret-file";
  if (options.nameSpace.empty()) return "--kubernetes needs POD_NAMESPACE or --namespace";
  if (options.address.empty()) return "--kubernetes needs POD_IP or --address";
  return "";
}

}  // namespace faasbatch::agent
