// The agent's own store for the pods on its node, where no Redis or CouchDB is configured: GET, PUT and
// DELETE /v1/store/KEY on a socket that only they reach (docs/runtime-contract.md).
#pragma once

#include <optional>
#include <string>

#include "lib/net/server.h"
#include "node-agent/stores/store.h"

namespace faasbatch::gateway {

inline constexpr base::Duration kStoreServiceTime = std::chrono::seconds(10);
// Of all pods together: values that they have not read yet, and values that are on their way here.
inline constexpr std::size_t kMaxUnreadValues = 64 << 20;
inline constexpr std::size_t kMaxArrivingValues = 64 << 20;

// Of a server that serves it.
net::ServerLimits storeServerLimits();

// Loop thread only; both must outlive it.
class StoreService {
 public:
  StoreService(net::EventLoop& loop, stores::Store& store) : loop_(loop), store_(store) {}
  void handle(net::Request request, net::Responder responder);

  // The key that a request is about; nothing where its path names none.
  static std::optional<std::string> keyOf(const net::Request& request);

 private:
  net::EventLoop& loop_;
  stores::Store& store_;
};

}  // namespace faasbatch::gateway
