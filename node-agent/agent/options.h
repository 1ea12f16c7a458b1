// What an agent is started with.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "node-agent/agent/cluster_options.h"

namespace faasbatch::agent {

struct Options {
  std::string listen = "127.0.0.1:8080";
  std::string data;  // directory of journal and manifests; empty: nothing outlives the agent
  std::vector<std::string> workflows;  // manifest files to apply and watch
  std::string nameSpace;               // of the workflows in them; empty: what each says, or "default"
  std::string redis;                   // URL of the node's store; empty: memory
  std::string redisFile;               // that holds this URL: parseOptions() reads it
  std::string redisSnapshot;           // file that this Redis loads at its start: stores::RedisKeeperOptions
  std::string couchdb;                 // URL of the cluster's store
  std::string couchdbFile;             // that holds it instead
  std::string python = "/usr/bin/python3";
  std::string node = "local";  // in a cluster NODE_NAME
  // Without a cluster, for tests and trials: "NODE=HOST:PORT" of each other agent's peer port, and which
  // workflows run on which nodes (PlacementFile; empty: where they are called).
  std::vector<std::string> peers;
  std::string placementFile;
  std::size_t maxPods = 64;
  std::size_t maxRunMemoryMib = 2048;                   // of all runs under way, see runs::kMaxActiveBytes
  base::Duration drainTime = std::chrono::seconds(25);  // from SIGTERM until runs under way are left
  bool genericPods = true;                              // keep one generic warm pod per runtime
  bool verbose = false;
  // From a pod being asked for until it is given up; 0: 30 s, in a cluster 120 s.
  base::Duration podStartTime{0};
  ClusterOptions cluster;
};

// Wrong usage is kind "Usage"; "Help" carries the help text as its message.
base::Result<Options> parseOptions(int argc, const char* const* argv);

}  // namespace faasbatch::agent
