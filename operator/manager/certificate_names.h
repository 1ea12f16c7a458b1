// Whom the serving certificate is for.
#pragma once

#include <string>
#include <vector>

namespace faasbatch::manager {

// The Services of webhook, gateway and agents as a cluster names them, and `gatewayNames`. Pure.
std::vector<std::string> certificateNames(const std::string& nameSpace,
                                          const std::vector<std::string>& gatewayNames);

}  // namespace faasbatch::manager
