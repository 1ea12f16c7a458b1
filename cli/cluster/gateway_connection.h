// The gateway in a cluster, through `kubectl port-forward`, as the user of the kubeconfig.
#pragma once

#include <memory>
#include <string>

#include "cli/cluster/api_server.h"
#include "cli/cluster/gateway_service.h"
#include "cli/cluster/port_forward.h"
#include "cli/connection.h"

namespace faasbatch::cli {

struct GatewayOptions {
  std::string nameSpace;   // of the installation; empty: looked for
  std::string caFile;      // trusted instead of the ConfigMap's; empty: that
  std::string serverName;  // in the certificate instead of the Service's; empty: that
  std::string kubeconfig;  // as the user gave it, for kubectl
  std::string context;     // likewise
  base::Duration portForwardTime = kPortForwardTime;
};

// What a connection that did not come about means to the user, with what to do; `why` is libcurl's. Pure.
std::string explainGateway(const GatewayService& gateway, const std::string& why);

// Finds the gateway and forwards the port with the first call; `api` must outlive it. TLS is checked against
// the CA in the ConfigMap faasbatch-ca and the Service's name; a gateway without TLS is reached inside the
// port-forward's. The user's credential goes with every call: a token as Authorization, a client certificate
// in the handshake; after a 401 the token is asked for anew, once. Where the forwarding has ended (a pod that
// is gone), it is begun again, once a call, and the call sent again where nothing was sent or it is a GET.
class GatewayConnection : public Connection {
 public:
  static std::unique_ptr<GatewayConnection> make(ApiServer& api, GatewayOptions options);

  // Finds and forwards, if that is not done yet.
  virtual base::Result<GatewayService> open() = 0;
};

}  // namespace faasbatch::cli
