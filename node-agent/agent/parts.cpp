#include "node-agent/agent/parts.h"

#include <utility>

#include "lib/cluster/peer_secret.h"
#include "lib/kube/token_source.h"
#include "lib/telemetry/log.h"
#include "node-agent/journal/memory.h"
#include "node-agent/journal/sqlite.h"
#include "node-agent/pods/process/process_provider.h"

namespace faasbatch::agent {
namespace {

constexpr std::size_t kMaxUrlBytes = 4096;

base::Result<std::unique_ptr<journal::Journal>> openJournal(net::EventLoop& loop, const Options& options,
                                                            telemetry::Registry& metrics) {
  if (options.data.empty()) return journal::makeMemoryJournal(loop);
  return journal::openSqliteJournal(loop, options.data, metrics, {});
}

base::Result<std::string> couchdbUrl(const Options& options) {
  if (options.couchdbFile.empty()) return options.couchdb;
  return kube::readCredentialFile(options.couchdbFile, kMaxUrlBytes);
}

}  // namespace

base::Result<void> Parts::open(net::EventLoop& loop, const Options& options) {
  auto opened = openJournal(loop, options, metrics);
  if (!opened) return std::unexpected(opened.error());
  journal = std::move(*opened);
  return makeStores(loop, options);
}

void Parts::assemble(net::EventLoop& loop, const Options& options, std::unique_ptr<pods::Provider> provider,
                     batching::Dispatcher::Options dispatch, sources::Options code) {
  pods = std::move(provider);
  if (!options.data.empty()) code.cacheDirectory = options.data + "/archives";
  sources = sources::makeSources(loop, std::move(code));
  dispatch.node = options.node;
  dispatch.maxPods = options.maxPods;
  dispatch.genericWarmPods = options.genericPods;
  dispatch.podStartTime = options.podStartTime;
  dispatch.sources = sources.get();
  dispatcher = batching::Dispatcher::make(loop, *pods, metrics, std::move(dispatch));
  workflows = std::make_unique<runs::Workflows>(*dispatcher, *journal);
  const runs::Stores stores{nodeStore.get(), clusterStore.get()};
  // A store in memory is gone with the agent, the journal is not: then outputs stay in the journal.
  const bool storesForget = journal->durable() && options.redis.empty() && clusterStore == nullptr;
  runs = runs::Runs::make({loop, *workflows, *dispatcher, *journal, stores, storesForget, metrics,
                           options.node, runs::MemoryBounds{options.maxRunMemoryMib << 20},
                           peers ? &peers->keys() : nullptr, peers ? &peers->peers() : nullptr});
}

base::Result<void> Parts::make(net::EventLoop& loop, const Options& options) {
  if (auto opened = open(loop, options); !opened) return opened;
  batching::Dispatcher::Options dispatch;
  if (auto offered = offerStore(loop, options, dispatch); !offered) return offered;
  pods::ProcessOptions processes;
  processes.python = options.python;
  auto provider = pods::makeProcessProvider(loop, processes);
  if (!provider) return std::unexpected(provider.error());
  if (auto made = makePeers(loop, options); !made) return made;
  assemble(loop, options, std::move(*provider), std::move(dispatch), {});
  return {};
}

base::Result<void> Parts::makePeers(net::EventLoop& loop, const Options& options) {
  if (options.peers.empty() && options.placementFile.empty()) return {};
  auto placed = PlacementFile::read(options.placementFile);
  if (!placed) return std::unexpected(placed.error());
  placements = std::make_unique<PlacementFile>(std::move(*placed));
  const auto secret = cluster::readPeerSecret(options.cluster.peerSecretFile);
  if (!secret) return std::unexpected(secret.error());
  const auto addresses = readPeerOptions(options.peers);
  if (!addresses) return std::unexpected(addresses.error());
  peers = std::make_unique<PeerParts>(
      loop, metrics,
      PeerSettings{.node = options.node, .secret = *secret, .storeKept = storeKept, .tls = nullptr});
  peers->peers().update(*addresses);
  return {};
}

base::Result<void> Parts::makeStores(net::EventLoop& loop, const Options& options) {
  const auto couchdb = couchdbUrl(options);
  if (!couchdb) return std::unexpected(couchdb.error());
  if (!couchdb->empty()) {
    auto made = stores::makeCouchdbStore(loop, metrics, *couchdb);
    if (!made) return std::unexpected(made.error());
    clusterStore = std::move(*made);
  }
  if (!options.redis.empty()) {
    auto made = stores::makeRedisStore(loop, metrics, options.redis);
    if (!made) return std::unexpected(made.error());
    nodeStore = std::move(*made);
    if (auto kept = keepRedis(loop, options); !kept) return kept;
  }
  if (!nodeStore && !clusterStore) nodeStore = stores::makeMemoryStore(loop, metrics);
  return {};
}

// A Redis that is the agent's own comes up while this waits: runs that go on look for their outputs there at
// once. That of one machine is another's to look after.
base::Result<void> Parts::keepRedis(net::EventLoop& loop, const Options& options) {
  storeKept = true;
  if (!options.cluster.enabled) return {};
  stores::RedisKeeperOptions keeping{.url = options.redis, .snapshot = options.redisSnapshot};
  const auto found = stores::awaitRedis(keeping);
  if (!found) return std::unexpected(found.error());
  storeKept = *found == stores::RedisKeeper::Found::kKept;
  telemetry::info(storeKept ? "the node's Redis has kept what it held" : "the node's Redis begins empty",
                  {{"answers", *found != stores::RedisKeeper::Found::kAway}});
  auto keeper = stores::RedisKeeper::make(loop, metrics, std::move(keeping), nullptr);
  if (!keeper) return std::unexpected(keeper.error());
  redisKeeper = std::move(*keeper);
  return {};
}

// Pods on this machine reach Redis or CouchDB as the agent does, the store in its memory through a socket of
// its own.
base::Result<void> Parts::offerStore(net::EventLoop& loop, const Options& options,
                                     batching::Dispatcher::Options& dispatch) {
  if (nodeStore && !options.redis.empty()) {
    dispatch.storeKind = "Redis";
    dispatch.storeEndpoint = options.redis;
    return {};
  }
  if (clusterStore) {
    dispatch.storeKind = "CouchDB";
    dispatch.storeEndpoint = *couchdbUrl(options);
    return {};
  }
  auto made = pods::SocketDirectory::make(loop, "");
  if (!made) return std::unexpected(made.error());
  storeDirectory = std::move(*made);
  const net::Endpoint endpoint{net::Endpoint::Kind::kUnix, "", 0, storeDirectory->pathOf("store")};
  storeService.emplace(loop, *nodeStore);
  auto server = net::Server::listen(loop, endpoint, gateway::storeServerLimits(),
                                    [this](net::Request request, net::Responder responder) {
                                      storeService->handle(std::move(request), std::move(responder));
                                    });
  if (!server) return std::unexpected(server.error());
  storeServer = std::move(*server);
  dispatch.storeKind = "Agent";
  dispatch.storeEndpoint = endpoint.describe();
  return {};
}

}  // namespace faasbatch::agent
