// A function of a workflow: its code, and how calls of it are batched, run and retried.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/time.h"

namespace faasbatch::workflow {

enum class Runtime { kPython, kNative, kContainer };

// How the calls of a batch share a pod: threads of one interpreter, a forked process each, or one call at a
// time.
enum class ConcurrencyMode { kThreads, kProcesses, kExclusive };

enum class BatchPolicy { kAdaptive, kFixedWindow, kNone, kKraken, kSfs, kUnbatched };

struct Backoff {
  base::Duration initial = std::chrono::milliseconds(100);
  double factor = 2;
  base::Duration max = std::chrono::seconds(10);
};

struct RetryPolicy {
  std::uint32_t limit = 0;      // retries after the first attempt
  std::vector<std::string> on;  // error types; empty or "*": all but Cancelled
  Backoff backoff;              // full jitter
};

struct Concurrency {
  ConcurrencyMode mode = ConcurrencyMode::kThreads;
  std::uint32_t limit = 32;  // calls at once in one pod; 1 where the mode is kExclusive
};

struct Batching {
  BatchPolicy policy = BatchPolicy::kAdaptive;
  base::Duration window = std::chrono::milliseconds(50);
  std::uint32_t maxSize = 64;
  std::uint32_t maxQueue = 1000;
};

struct Pool {
  std::uint32_t minWarm = 0;
  std::uint32_t maxPods = 10;
  base::Duration idleTimeout = std::chrono::seconds(600);
};

// Where the code comes from: exactly one kind.
struct Source {
  enum class Kind { kInline, kConfigMap, kArchive, kPath };
  Kind kind = Kind::kInline;
  std::string text;    // kInline: the module; kPath: the path; kArchive: the URL; kConfigMap: its name
  std::string key;     // kConfigMap
  std::string sha256;  // kArchive, hex
};

// A connection that the pod keeps for every invocation. Exactly one of url and secretName.
struct Binding {
  enum class Kind { kRedis, kCouchdb };
  std::string name;
  Kind kind = Kind::kRedis;
  std::string url;
  std::string secretName;
};

struct FunctionSpec {
  std::string name;
  Runtime runtime = Runtime::kPython;
  std::string handler;  // MODULE.NAME; for kNative the symbol
  Source source;
  Concurrency concurrency;
  Batching batching;
  Pool pool;
  base::Duration timeout = std::chrono::seconds(30);  // of one attempt, from its start in the pod
  RetryPolicy retry;
  std::vector<Binding> bindings;
  std::vector<std::string> share;  // dotted names of constructors to memoise besides the well-known ones
  std::vector<std::pair<std::string, std::string>> env;
  std::string image;  // kContainer, and an image of the user's own on Kubernetes
  // Fields for Kubernetes only (envFrom, resources, nodeSelector, tolerations), as the JSON object they came
  // in.
  std::string podJson = "{}";
  // Everything above that makes a pod what it is (runtime, code, handler, mode, limit, env, bindings, share,
  // image...) as a hex SHA-256: pods of an older digest are drained when a workflow is applied anew.
  std::string digest;
};

}  // namespace faasbatch::workflow
