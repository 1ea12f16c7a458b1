// A store that holds values by key, reached over connections that all invocations of the pod share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/base/time.h"

namespace faasbatch::multiplexer {

struct StoreSpec {
  enum class Kind { kNone, kRedis, kCouchDb, kAgent };
  Kind kind = Kind::kNone;
  std::string url;
  std::string prefix;  // put before every key
  std::string token;   // kAgent: shown to it; may be empty
};

struct StoreRequest {
  enum class Op { kGet, kPut, kDelete };
  Op op = Op::kGet;
  std::string key;
  bool isJson = true;     // put
  std::string value;      // put
  double ttlSeconds = 0;  // put; 0: until it is deleted
};

struct StoreAnswer {
  bool found = false;  // get
  bool isJson = true;
  std::string value;
};

// Connections of a backend, as /v1/status shows them: open now, opened ever, attempts and connections that
// failed.
struct ConnectionCounts {
  std::int64_t open = 0;
  std::int64_t opened = 0;
  std::int64_t failed = 0;
};

inline constexpr std::size_t kMaxInFlight =
    1024;  // of a backend; further requests are answered StoreUnavailable

// Loop thread only.
class Backend {
 public:
  using Done = std::move_only_function<void(base::Result<StoreAnswer>)>;

  virtual ~Backend() = default;  // requests under way are forgotten

  // Calls `done` once, at `deadline` at the latest, not from within run(). Kinds "StoreUnavailable" with the
  // store's address, never its password; "ValueTooLarge" and "InvalidKey" where the store says so.
  virtual void run(StoreRequest request, base::Instant deadline, Done done) = 0;
  virtual ConnectionCounts counts() const = 0;
};

}  // namespace faasbatch::multiplexer
