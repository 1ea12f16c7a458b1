// The parts of an agent and what they need of one another, made in order and destroyed in reverse.
#pragma once

#include <memory>
#include <optional>

#include "lib/net/server.h"
#include "lib/telemetry/metrics.h"
#include "node-agent/agent/options.h"
#include "node-agent/agent/peer_parts.h"
#include "node-agent/agent/placement_file.h"
#include "node-agent/batching/dispatcher.h"
#include "node-agent/gateway/store_service.h"
#include "node-agent/journal/journal.h"
#include "node-agent/pods/process/socket_directory.h"
#include "node-agent/pods/provider.h"
#include "node-agent/runs/runs.h"
#include "node-agent/runs/workflows.h"
#include "node-agent/sources/sources.h"
#include "node-agent/stores/redis_keeper.h"
#include "node-agent/stores/store.h"

namespace faasbatch::agent {

struct Parts {
  telemetry::Registry metrics;
  std::unique_ptr<journal::Journal> journal;
  std::unique_ptr<stores::Store> nodeStore;
  std::unique_ptr<stores::Store> clusterStore;
  std::unique_ptr<stores::RedisKeeper> redisKeeper;  // in a cluster, of the Redis in the agent's pod
  bool storeKept = false;  // the node's store has what an earlier process of this agent stored
  std::unique_ptr<pods::SocketDirectory> storeDirectory;
  std::optional<gateway::StoreService> storeService;
  std::unique_ptr<net::Server> storeServer;
  std::unique_ptr<pods::Provider> pods;
  std::unique_ptr<sources::Sources> sources;
  std::unique_ptr<batching::Dispatcher> dispatcher;
  std::unique_ptr<runs::Workflows> workflows;
  std::unique_ptr<PlacementFile> placements;
  std::unique_ptr<PeerParts> peers;  // nullptr: there are no other agents
  std::unique_ptr<runs::Runs> runs;

  // Of an agent by itself: pods are processes.
  base::Result<void> make(net::EventLoop& loop, const Options& options);

  // The same for others, in two steps: journal and stores; then what runs functions in `provider`'s pods.
  base::Result<void> open(net::EventLoop& loop, const Options& options);
  void assemble(net::EventLoop& loop, const Options& options, std::unique_ptr<pods::Provider> provider,
                batching::Dispatcher::Options dispatch, sources::Options code);

 private:
  base::Result<void> makePeers(net::EventLoop& loop, const Options& options);
  base::Result<void> makeStores(net::EventLoop& loop, const Options& options);
  base::Result<void> keepRedis(net::EventLoop& loop, const Options& options);
  base::Result<void> offerStore(net::EventLoop& loop, const Options& options,
                                batching::Dispatcher::Options& dispatch);
};

}  // namespace faasbatch::agent
