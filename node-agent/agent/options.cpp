#include "node-agent/agent/options.h"

#include <CLI/CLI.hpp>

namespace faasbatch::agent {

base::Result<Options> parseOptions(int argc, const char* const* argv) {
  Options options;
  double drainSeconds = std::chrono::duration<double>(options.drainTime).count();
  CLI::App app{"FaaSBatch node agent: runs workflows of functions batched into shared, warm pods.",
               "faasbatch-agent"};
  app.add_option("--listen", options.listen, "address of the HTTP API")->capture_default_str();
  app.add_option("--data", options.data,
                 "directory of the journal and the applied workflows; none: nothing is kept");
  app.add_option("--workflow", options.workflows, "manifest file to apply and to watch (repeatable)");
  app.add_option("--redis", options.redis, "URL of the node's store, redis://host:port");
  app.add_option("--couchdb", options.couchdb,
                 "URL of the cluster's store, http://user:password@host:port/database");
  app.add_option("--python", options.python, "Python interpreter of the functions")->capture_default_str();
  app.add_option("--node", options.node, "name of this node, as records show it")->capture_default_str();
  app.add_option("--max-pods", options.maxPods, "pods of all functions together")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  app.add_option("--max-run-memory", options.maxRunMemoryMib,
                 "MiB that the runs under way may hold, about; further ones are refused (429 QueueFull)")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--drain-seconds", drainSeconds, "time for runs under way after SIGTERM")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3600.0));
  app.add_flag("!--no-generic-pods", options.genericPods, "keep no generic warm pods");
  app.add_flag("--verbose", options.verbose, "log more");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return base::fail("Help", app.help());
  } catch (const CLI::ParseError& error) {
    return base::fail("Usage", std::string(error.what()) + " (see faasbatch-agent --help)");
  }
  options.drainTime = std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(drainSeconds));
  return options;
}

}  // namespace faasbatch::agent
