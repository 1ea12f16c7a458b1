// The agent's end of the runtime contract: one client per pod.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>

#include "lib/net/client.h"
#include "node-agent/calls/call.h"
#include "node-agent/pods/batch_stream.h"
#include "node-agent/pods/provider.h"

namespace faasbatch::pods {

struct PodStatus {
  std::string state;
  std::uint64_t inFlight = 0;
  std::uint64_t abandonedThreads = 0;
  bool recycle = false;
  std::string function;  // FunctionKey::describe() of what it has loaded; empty: nothing
  std::string digest;    // of that function
};

// Reads a body of GET /v1/status. Pure.
base::Result<PodStatus> parseStatus(std::string_view body);

// Reads the problem that /v1/init answered. Type "LoadFailed", or "PodLost" where the answer is none of the
// contract. Pure.
calls::CallError parseInitProblem(int status, std::string_view body);

// Receives what becomes of one batch. onEnd comes last, exactly once, never from inside PodClient::batch().
class BatchObserver : public BatchStream::Handler {
 public:
  // Complete, or why not: "InvalidLine" (the pod broke the contract), or an error of lib/net/client.h.
  virtual void onEnd(base::Result<void> end) = 0;
};

// Loop thread only. Destroying it ends everything under way without a callback.
class PodClient {
 public:
  PodClient(net::EventLoop& loop, const PodEndpoint& endpoint, std::size_t slots);
  ~PodClient();
  PodClient(const PodClient&) = delete;
  PodClient& operator=(const PodClient&) = delete;

  void init(std::string body, base::Instant deadline,
            std::move_only_function<void(std::expected<void, calls::CallError>)> done);
  // The pod's store is elsewhere now: `body` as storeBody() makes it.
  void store(std::string body, base::Instant deadline,
             std::move_only_function<void(base::Result<void>)> done);
  void status(base::Instant deadline, std::move_only_function<void(base::Result<PodStatus>)> done);

  // `lines` as appendCallLine() writes them. The observer must live until onEnd or until this client ends.
  void batch(std::string lines, base::Instant deadline, BatchObserver& observer);
  void cancel(std::span<const calls::CallId> ids, base::Duration grace, base::Instant deadline);

  // The pod is no more: every batch under way ends with `why`.
  void abandon(const base::Error& why);

 private:
  struct Stream;

  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unordered_map<std::uint64_t, std::shared_ptr<Stream>> streams_;
  std::uint64_t lastStream_ = 0;
  std::unique_ptr<net::Client> client_;

  void finish(const std::shared_ptr<Stream>& stream, base::Result<void> end);
  void received(const std::shared_ptr<Stream>& stream, std::string_view data);
};

}  // namespace faasbatch::pods
