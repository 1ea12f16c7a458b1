#include "operator/manager/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "lib/cluster/names.h"

namespace faasbatch::manager {
namespace {

std::string everywhere(std::uint16_t port) { return ":" + std::to_string(port); }

// Two processes on one machine are two operators.
std::string someIdentity() {
  char host[256] = "operator";
  ::gethostname(host, sizeof host - 1);
  return std::string(host) + "_" + std::to_string(::getpid());
}

void addRun(CLI::App& app, Options& options) {
  app.add_option("--name", options.identity, "name of this replica; a pod's name by default")
      ->envname("POD_NAME");
  app.add_option("--peer-secret-file", options.peerSecretFile,
                 "file with what agents and operator show one another (required)");
  app.add_option("--gateway-dns-name", options.gatewayDnsNames,
                 "further name of the gateway in its certificate (repeatable)");
  app.add_option(
      "--function-network-policy", options.functionNetworkPolicyFile,
      "file with the spec of a NetworkPolicy (or all of one) that every namespace with workflows gets");
  app.add_option("--webhook-listen", options.webhookListen, "address of the admission webhook")
      ->capture_default_str();
  app.add_option("--health-listen", options.healthListen, "address of /healthz, /readyz and /metrics")
      ->capture_default_str();
  app.add_option("--admin-listen", options.adminListen, "address of the admin API, or none")
      ->capture_default_str();
}

}  // namespace

base::Result<Options> parseOptions(int argc, const char* const* argv) {
  Options options{.nameSpace = "faasbatch-system",
                  .identity = someIdentity(),
                  .webhookListen = everywhere(cluster::kWebhookPort),
                  .healthListen = everywhere(cluster::kHealthPort),
                  .adminListen = everywhere(cluster::kAdminPort)};
  double drainSeconds = std::chrono::duration<double>(options.drainTime).count();
  double cleanupSeconds = std::chrono::duration<double>(options.cleanupTime).count();
  CLI::App app{"FaaSBatch operator: checks and places FunctionWorkflows.", "faasbatch-operator"};
  app.add_option("--kubeconfig", options.kubeconfig,
                 "kubeconfig file; by default the service account of the pod that this runs in");
  app.add_option("--context", options.context, "context of the kubeconfig");
  app.add_option("--namespace", options.nameSpace, "namespace of agents and operator")
      ->envname("POD_NAMESPACE")
      ->capture_default_str();
  app.add_flag("--verbose", options.verbose, "log more");
  app.add_option("--drain-seconds", drainSeconds, "time that the webhook still answers after SIGTERM")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 600.0));
  addRun(app, options);
  app.fallthrough();
  CLI::App* cleanup = app.add_subcommand(
      "cleanup",
      "end the agents, then remove the function pods and what the operator made; before an uninstall");
  cleanup->add_option("--timeout-seconds", cleanupSeconds, "after this, it fails")
      ->capture_default_str()
      ->check(CLI::Range(1.0, 3600.0));
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return base::fail("Help", cleanup->parsed() ? cleanup->help() : app.help());
  } catch (const CLI::ParseError& error) {
    return base::fail("Usage", std::string(error.what()) + " (see faasbatch-operator --help)");
  }
  if (cleanup->parsed()) options.command = Options::Command::kCleanup;
  if (options.command == Options::Command::kRun && options.peerSecretFile.empty())
    return base::fail("Usage", "--peer-secret-file is required (see faasbatch-operator --help)");
  if (options.adminListen == "none") options.adminListen.clear();
  options.drainTime = std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(drainSeconds));
  options.cleanupTime =
      std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(cleanupSeconds));
  return options;
}

}  // namespace faasbatch::manager
