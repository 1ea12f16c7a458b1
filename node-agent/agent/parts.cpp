#include "node-agent/agent/parts.h"

#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/journal/memory.h"
#include "node-agent/journal/sqlite.h"
#include "node-agent/pods/process/process_provider.h"

namespace faasbatch::agent {
namespace {

base::Result<std::unique_ptr<journal::Journal>> openJournal(net::EventLoop& loop, const Options& options,
                                                            telemetry::Registry& metrics) {
  if (options.data.empty()) return journal::makeMemoryJournal(loop);
  return journal::openSqliteJournal(loop, options.data, metrics, {});
}

}  // namespace

base::Result<void> Parts::make(net::EventLoop& loop, const Options& options) {
  auto opened = openJournal(loop, options, metrics);
  if (!opened) return std::unexpected(opened.error());
  journal = std::move(*opened);

  batching::Dispatcher::Options dispatch;
  dispatch.node = options.node;
  dispatch.maxPods = options.maxPods;
  dispatch.genericWarmPods = options.genericPods;
  if (auto made = makeStores(loop, options, dispatch); !made) return made;

  pods::ProcessOptions processes;
  processes.python = options.python;
  auto provider = pods::makeProcessProvider(loop, processes);
  if (!provider) return std::unexpected(provider.error());
  pods = std::move(*provider);

  sources = sources::makeSources(
      loop, {.cacheDirectory = options.data.empty() ? "" : options.data + "/archives", .archives = {}});
  dispatch.sources = sources.get();
  dispatcher = batching::Dispatcher::make(loop, *pods, metrics, dispatch);
  workflows = std::make_unique<runs::Workflows>(*dispatcher, *journal);
  const runs::Stores stores{nodeStore.get(), clusterStore.get()};
  // A store in memory is gone with the agent, the journal is not: then outputs stay in the journal.
  const bool storesForget = journal->durable() && options.redis.empty() && options.couchdb.empty();
  runs = runs::Runs::make({loop, *workflows, *dispatcher, *journal, stores, storesForget, metrics,
                           options.node, options.maxRunMemoryMib << 20});
  return {};
}

base::Result<void> Parts::makeStores(net::EventLoop& loop, const Options& options,
                                     batching::Dispatcher::Options& dispatch) {
  if (!options.couchdb.empty()) {
    auto made = stores::makeCouchdbStore(loop, metrics, options.couchdb);
    if (!made) return std::unexpected(made.error());
    clusterStore = std::move(*made);
    dispatch.storeKind = "CouchDB";
    dispatch.storeEndpoint = options.couchdb;
  }
  if (!options.redis.empty()) {
    auto made = stores::makeRedisStore(loop, metrics, options.redis);
    if (!made) return std::unexpected(made.error());
    nodeStore = std::move(*made);
    dispatch.storeKind = "Redis";
    dispatch.storeEndpoint = options.redis;
  }
  if (nodeStore || clusterStore) return {};
  nodeStore = stores::makeMemoryStore(loop, metrics);
  return serveStore(loop, dispatch);
}

// Pods reach the store in the agent's memory through a socket of its own.
base::Result<void> Parts::serveStore(net::EventLoop& loop, batching::Dispatcher::Options& dispatch) {
  auto made = pods::SocketDirectory::make(loop, "");
  if (!made) return std::unexpected(made.error());
  storeDirectory = std::move(*made);
  const net::Endpoint endpoint{net::Endpoint::Kind::kUnix, "", 0, storeDirectory->pathOf("store")};
  net::ServerLimits limits;
  limits.maxBodyBytes = stores::kMaxValueBytes;
  storeService.emplace(loop, *nodeStore);
  auto server =
      net::Server::listen(loop, endpoint, limits, [this](net::Request request, net::Responder responder) {
        storeService->handle(std::move(request), std::move(responder));
      });
  if (!server) return std::unexpected(server.error());
  storeServer = std::move(*server);
  dispatch.storeKind = "Agent";
  dispatch.storeEndpoint = endpoint.describe();
  return {};
}

}  // namespace faasbatch::agent
