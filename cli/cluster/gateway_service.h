// Where in the cluster the gateway is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cluster/api_server.h"
#include "lib/base/error.h"

namespace faasbatch::cli {

struct GatewayService {
  std::string nameSpace;
  std::uint16_t port = 0;  // of the Service
  bool tls = true;

  // The name that its certificate is for.
  std::string host() const;
};

// What a Service says: its port called "https", else "http". Kind "InvalidGateway". Pure.
base::Result<GatewayService> readGatewayService(const kube::Object& service);

// The one of those found. Kinds "GatewayNotFound", "SeveralGateways" with what to do. Pure.
base::Result<GatewayService> chooseGateway(const std::vector<kube::Object>& services);

// Where a search looks when the user may not list the Services of all namespaces.
inline constexpr std::string_view kUsualNamespaces[] = {"faasbatch-system", "faasbatch"};

// `nameSpace` is the installation's; empty: looked for, in all namespaces or in the usual ones and the
// kubeconfig's. Kinds as above, "Forbidden" and the API's.
base::Result<GatewayService> findGateway(ApiServer& api, const std::string& nameSpace);

}  // namespace faasbatch::cli
