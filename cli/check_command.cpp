// `check`: every part of an installation in a cluster, one line each.
#include "cli/check/judge.h"
#include "cli/check/read_facts.h"
#include "cli/cluster_arguments.h"
#include "cli/commands.h"
#include "cli/io.h"
#include "cli/show.h"
#include "cli/table.h"

namespace faasbatch::cli {
namespace {

// Where the installation is: as the user says, or where its gateway is found.
base::Result<std::string> installation(ApiServer& api, const Arguments& arguments) {
  if (!arguments.systemNamespace.empty()) return arguments.systemNamespace;
  const auto gateway = findGateway(api, "");
  if (!gateway) return std::unexpected(gateway.error());
  return gateway->nameSpace;
}

}  // namespace

int check(const Arguments& arguments) {
  const auto api = ApiServer::connect(kubeconfigOptions(arguments));
  if (!api) return failed(api.error());
  const auto nameSpace = installation(**api, arguments);
  if (!nameSpace) return failed(nameSpace.error());
  const auto gateway = GatewayConnection::make(**api, gatewayOptions(arguments));
  const Parts parts = judge(readFacts(**api, *gateway, *nameSpace));
  if (arguments.output == Output::kTable) {
    print(table(partRows(parts)));
  } else {
    show(arguments, partsJson(parts));
  }
  return anyWrong(parts) ? 1 : 0;
}

}  // namespace faasbatch::cli
