#include "node-agent/agent/options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "lib/kube/token_source.h"

namespace faasbatch::agent {
namespace {

constexpr std::size_t kMaxUrlBytes = 4096;

void addOptions(CLI::App& app, Options& options) {
  app.add_option("--listen", options.listen, "address of the HTTP API")->capture_default_str();
  app.add_option("--data", options.data,
                 "directory of the journal and the applied workflows; none: nothing is kept");
  app.add_option("--workflow", options.workflows, "manifest file to apply and to watch (repeatable)");
  app.add_option("-n", options.nameSpace, "of the workflows in these files; none: their own, or default");
  auto* const redis = app.add_option("--redis", options.redis,
                                     "URL of the node's store, redis://host:port or redis+unix:///path");
  app.add_option("--redis-file", options.redisFile, "file that holds this URL")->excludes(redis);
  app.add_option(
      "--redis-snapshot", options.redisSnapshot,
      "in a cluster: file that this Redis writes when it ends and loads when it starts; it is deleted "
      "once it is loaded, or keeps Redis from starting");
  auto* const couchdb = app.add_option("--couchdb", options.couchdb,
                                       "URL of the cluster's store, http://user:password@host:port/database");
  app.add_option("--couchdb-file", options.couchdbFile, "file that holds this URL")->excludes(couchdb);
  app.add_option("--python", options.python, "Python interpreter of the functions")->capture_default_str();
  app.add_option("--node", options.node, "name of this node, as records show it")->capture_default_str();
  app.add_option("--peer", options.peers,
                 "without a cluster: another agent, NODE=HOST:PORT of its peer port (repeatable)");
  app.add_option("--placement", options.placementFile,
                 "likewise: JSON file that says which steps of which workflows run on which nodes");
  app.add_option("--max-pods", options.maxPods, "pods of all functions together")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  app.add_option("--max-run-memory", options.maxRunMemoryMib,
                 "MiB that the runs under way may hold, about; further ones are refused (429 QueueFull)")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  app.add_flag("!--no-generic-pods", options.genericPods, "keep no generic warm pods");
  app.add_flag("--verbose", options.verbose, "log more");
  addClusterOptions(app, options.cluster);
}

CLI::Option* addSeconds(CLI::App& app, const char* name, double& seconds, const char* help) {
  return app.add_option(name, seconds, help)->capture_default_str()->check(CLI::Range(0.0, 3600.0));
}

base::Duration fromSeconds(double seconds) {
  return std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(seconds));
}

// What depends on others.
base::Result<void> complete(Options& options, bool nodeGiven) {
  if (!options.redisFile.empty()) {
    auto url = kube::readCredentialFile(options.redisFile, kMaxUrlBytes);
    if (!url) return base::fail("Usage", "--redis-file: " + url.error().message);
    options.redis = std::move(*url);
  }
  if (std::string fault = faultOf(options.cluster); !fault.empty()) return base::fail("Usage", fault);
  const bool cluster = options.cluster.enabled;
  if (cluster && !options.workflows.empty())
    return base::fail("Usage", "--workflow does not go with --kubernetes: use kubectl apply");
  if (!options.redisSnapshot.empty() && (!cluster || options.redis.empty()))
    return base::fail("Usage", "--redis-snapshot goes with --kubernetes and --redis only");
  const bool peers = !options.peers.empty() || !options.placementFile.empty();
  if (cluster && peers)
    return base::fail("Usage", "--peer and --placement do not go with --kubernetes: it knows both");
  if (peers && options.cluster.peerSecretFile.empty())
    return base::fail("Usage", "--peer and --placement need --peer-secret-file");
  if (const char* const name = std::getenv("NODE_NAME"); cluster && !nodeGiven && name != nullptr)
    options.node = name;
  if (options.podStartTime.count() == 0)
    options.podStartTime = cluster ? std::chrono::seconds(120) : std::chrono::seconds(30);
  return {};
}

}  // namespace

base::Result<Options> parseOptions(int argc, const char* const* argv) {
  Options options;
  CLI::App app{"FaaSBatch node agent: runs workflows of functions batched into shared, warm pods.",
               "faasbatch-agent"};
  addOptions(app, options);
  double drainSeconds = std::chrono::duration<double>(options.drainTime).count();
  double startSeconds = 0;
  addSeconds(app, "--drain-seconds", drainSeconds, "time for runs under way after SIGTERM");
  addSeconds(app, "--pod-start-seconds", startSeconds,
             "time for a pod to get ready, its image included; 0: 30, in a cluster 120");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return base::fail("Help", app.help());
  } catch (const CLI::ParseError& error) {
    return base::fail("Usage", std::string(error.what()) + " (see faasbatch-agent --help)");
  }
  options.drainTime = fromSeconds(drainSeconds);
  options.podStartTime = fromSeconds(startSeconds);
  if (auto completed = complete(options, app.count("--node") > 0); !completed)
    return base::fail("Usage", completed.error().message + " (see faasbatch-agent --help)");
  return options;
}

}  // namespace faasbatch::agent
