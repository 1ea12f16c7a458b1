#include "cli/cluster/gateway_service.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "lib/cluster/names.h"
#include "lib/json/members.h"
#include "lib/json/path.h"

namespace faasbatch::cli {
namespace {

constexpr const char* kHint =
    "name the namespace of the installation with --faasbatch-namespace or FAASBATCH_NAMESPACE";

std::string labels() {
  return std::string(cluster::kAppNameLabel) + "=" + std::string(cluster::kAppName) + "," +
         std::string(cluster::kComponentLabel) + "=" + std::string(cluster::kGatewayComponent);
}

base::Result<kube::Object> getService(ApiServer& api, const std::string& nameSpace) {
  auto service = api.get(kube::kServices, {nameSpace, std::string(cluster::kGatewayService)});
  if (service) return std::move(*service);
  const kube::ApiError& error = service.error();
  if (error.status == 404) {
    return base::fail("GatewayNotFound", "there is no Service " + std::string(cluster::kGatewayService) +
                                             " in namespace " + nameSpace + ": " + kHint);
  }
  return base::fail(error.reason, describe(error));
}

// The Services in the namespaces that come to mind.
base::Result<std::vector<kube::Object>> guess(ApiServer& api) {
  std::vector<std::string> names(std::begin(kUsualNamespaces), std::end(kUsualNamespaces));
  if (std::ranges::find(names, api.access().nameSpace) == names.end())
    names.push_back(api.access().nameSpace);
  std::vector<kube::Object> found;
  std::string denied;
  for (const std::string& nameSpace : names) {
    auto service = getService(api, nameSpace);
    if (service) {
      found.push_back(std::move(*service));
    } else if (service.error().kind == "Forbidden") {
      denied = service.error().message;
    } else if (service.error().kind != "GatewayNotFound") {
      return std::unexpected(std::move(service.error()));
    }
  }
  if (found.empty() && !denied.empty()) return base::fail("Forbidden", denied + " (" + kHint + ")");
  return found;
}

}  // namespace

std::string GatewayService::host() const { return cluster::serviceHost(cluster::kGatewayService, nameSpace); }

base::Result<GatewayService> readGatewayService(const kube::Object& service) {
  GatewayService gateway{.nameSpace = service.key.nameSpace};
  const auto ports = json::elements(json::at(service.json, {"spec", "ports"}).value_or("[]"));
  for (const std::string_view port : ports.value_or(std::vector<std::string_view>())) {
    const auto name = json::asString(json::at(port, {"name"}).value_or(""));
    const auto number = json::asInt(json::at(port, {"port"}).value_or(""));
    if (!number || *number <= 0 || *number > std::numeric_limits<std::uint16_t>::max()) continue;
    if (name != "https" && (name != "http" || gateway.port != 0)) continue;
    gateway.port = static_cast<std::uint16_t>(*number);
    gateway.tls = name == "https";
  }
  if (gateway.port != 0) return gateway;
  return base::fail("InvalidGateway",
                    "Service " + service.key.describe() + " has no port called \"https\" or \"http\"");
}

base::Result<GatewayService> chooseGateway(const std::vector<kube::Object>& services) {
  if (services.empty()) {
    return base::fail("GatewayNotFound",
                      "there is no gateway of FaaSBatch in this cluster: install the chart "
                      "helm/faasbatch, or " +
                          std::string(kHint));
  }
  if (services.size() == 1) return readGatewayService(services.front());
  std::string where;
  for (const kube::Object& service : services) where += (where.empty() ? "" : ", ") + service.key.nameSpace;
  return base::fail("SeveralGateways",
                    "FaaSBatch is installed in several namespaces (" + where + "): " + kHint);
}

base::Result<GatewayService> findGateway(ApiServer& api, const std::string& nameSpace) {
  if (!nameSpace.empty()) {
    const auto service = getService(api, nameSpace);
    if (!service) return std::unexpected(service.error());
    return readGatewayService(*service);
  }
  auto services = api.list(kube::kServices, {.labelSelector = labels()});
  if (services) return chooseGateway(*services);
  if (services.error().status != 403) return base::fail(services.error().reason, describe(services.error()));
  const auto found = guess(api);
  if (!found) return std::unexpected(found.error());
  return chooseGateway(*found);
}

}  // namespace faasbatch::cli
