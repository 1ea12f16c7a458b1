// The code of functions, brought to where it can be given to a pod.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/base/loop.h"
#include "lib/base/time.h"
#include "lib/workflow/function.h"
#include "node-agent/calls/call.h"

namespace faasbatch::sources {

// The `source` member of POST /v1/init as JSON text (docs/runtime-contract.md): whole, so that a pod needs no
// file system in common with the agent. Shared, as an archive is large.
using SourceJson = std::shared_ptr<const std::string>;
using Done = std::move_only_function<void(base::Result<SourceJson>)>;

// Loop thread only; callbacks too.
class Sources {
 public:
  virtual ~Sources() = default;

  // Calls `done` exactly once, for what is at hand from inside the call; not after destruction. Kind
  // "LoadFailed": what is wrong with the source and what to do, without user, password or query of a URL.
  virtual void resolve(const calls::FunctionKey& key, const workflow::FunctionSpec& spec, Done done) = 0;
};

struct ArchiveLimits {
  std::size_t maxBytes = 48 << 20;  // of one archive: in base64 the 64 MiB that a frame to a worker holds
  std::size_t maxCacheBytes = 256 << 20;
  std::size_t maxDownloads = 4;    // at once; others wait
  std::size_t maxResolving = 256;  // then "LoadFailed"
  long maxRedirects = 5;
  base::Duration downloadTime = std::chrono::seconds(30);
  // False: from nowhere that lib/net/local_address.h calls local. Who writes a workflow need not be who may
  // reach what this machine alone can.
  bool fromThisMachine = true;
};

struct Options {
  std::string cacheDirectory;  // of archives, made where it is not there; empty: they are kept in memory
  ArchiveLimits archives;
  // Reads `source.configMap` of a function; where it is not set, that needs Kubernetes.
  std::function<void(const calls::FunctionKey&, const workflow::Source&, Done)> readConfigMap;
};

// Archives are downloaded once (http and https), checked against their SHA-256 and kept, the ones used last.
// Calls that need the same one at once wait for one download. Hashing, files and downloads are on threads of
// their own.
std::unique_ptr<Sources> makeSources(base::Loop& loop, Options options = {});

}  // namespace faasbatch::sources
