#include "operator/manager/certificate_names.h"

#include <algorithm>

#include "lib/cluster/names.h"

namespace faasbatch::manager {

std::vector<std::string> certificateNames(const std::string& nameSpace,
                                          const std::vector<std::string>& gatewayNames) {
  std::vector<std::string> names;
  for (const std::string_view service :
       {cluster::kWebhookService, cluster::kGatewayService, cluster::kPeerService}) {
    const std::string host = cluster::serviceHost(service, nameSpace);
    names.push_back(host);
    names.push_back(host + ".cluster.local");
  }
  // As callers name the gateway from its own namespace and from others.
  names.emplace_back(cluster::kGatewayService);
  names.push_back(std::string(cluster::kGatewayService) + "." + nameSpace);
  for (const std::string& name : gatewayNames) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

}  // namespace faasbatch::manager
