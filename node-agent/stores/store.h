// Key-value stores: for outputs too large to travel inline, and for `context.store` of the functions.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/net/loop.h"
#include "lib/telemetry/metrics.h"

namespace faasbatch::stores {

inline constexpr std::size_t kMaxKeyBytes = 1024;
inline constexpr std::size_t kMaxValueBytes = 64 << 20;

struct Value {
  std::string bytes;
  std::string type = "json";  // "json" or "bytes"
};

// Loop thread only, callbacks too, and never from inside the call. Errors: "StoreUnavailable" (down, slow
// beyond the deadline, full), "ValueTooLarge", "InvalidKey". A store that was down is used again as soon as
// it answers.
class Store {
 public:
  virtual ~Store() = default;  // calls under way end "StoreUnavailable"
  // `ttl` zero: until deleted.
  virtual void put(const std::string& key, Value value, base::Duration ttl, base::Instant deadline,
                   std::move_only_function<void(base::Result<void>)> done) = 0;
  virtual void get(const std::string& key, base::Instant deadline,
                   std::move_only_function<void(base::Result<std::optional<Value>>)> done) = 0;
  virtual void remove(std::vector<std::string> keys, base::Instant deadline,
                      std::move_only_function<void(base::Result<void>)> done) = 0;
  virtual std::string kind() const = 0;  // "memory", "redis", "couchdb"
};

struct MemoryOptions {
  std::size_t maxBytes = std::size_t{1} << 30;  // keys and values; then puts fail "StoreUnavailable"
};
std::unique_ptr<Store> makeMemoryStore(base::Loop& loop, telemetry::Registry& metrics,
                                       MemoryOptions options = {});

// "redis://[:password@]host[:port][/db]" and "redis+unix:///path". Pipelined on few connections (hiredis).
base::Result<std::unique_ptr<Store>> makeRedisStore(net::EventLoop& loop, telemetry::Registry& metrics,
                                                    const std::string& url);

// "http[s]://[user:password@]host:port/database". The database is made if it is missing. Puts that arrive
// together share a _bulk_docs; values are attachments where large; 409 is resolved by reading the revision
// and trying again. The store must be destroyed before the loop.
struct CouchdbOptions {
  base::Duration sweepEvery =
      std::chrono::seconds(60);  // expired values are deleted so often; they are not seen before either
};
base::Result<std::unique_ptr<Store>> makeCouchdbStore(base::Loop& loop, telemetry::Registry& metrics,
                                                      const std::string& url, CouchdbOptions options = {});

}  // namespace faasbatch::stores
