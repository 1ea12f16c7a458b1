// One call of a handler inside a native worker.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "runtime/protocol/heads.h"
#include "runtime/protocol/receive.h"
#include "runtime/workers/native/faasbatch.h"
#include "runtime/workers/native/library.h"
#include "runtime/workers/native/result.h"

namespace faasbatch::native {

// What the handler sees, and what the runtime's functions need to know of it.
class Call : public faasbatch_call {
 public:
  // `socket` is where logs go. With `cancelsOnSocket` this call's process has no other reader, so that a
  // Cancel is looked for when the handler asks.
  Call(int socket, std::uint32_t number, protocol::CallHead head, std::string_view input,
       bool cancelsOnSocket);

  void setCancelled() { cancelled_.store(true, std::memory_order_relaxed); }
  bool isCancelled() const;
  double remaining() const;
  void log(faasbatch_stream stream, std::string_view text) const;
  std::int64_t storeUs() const { return storeUs_.load(std::memory_order_relaxed); }
  void addStoreUs(std::int64_t us) const { storeUs_.fetch_add(us, std::memory_order_relaxed); }

 private:
  int socket_;
  std::uint32_t number_;
  protocol::CallHead head_;
  bool cancelsOnSocket_;
  std::chrono::steady_clock::time_point deadline_;
  mutable std::atomic<bool> cancelled_{false};
  mutable std::atomic<std::int64_t> storeUs_{0};
};

// Runs the handler for a Call frame and sends its Result. `setRunning` is told of the call before the handler
// starts and, with nullptr, before the Result is sent. False when the supervisor has gone.
template <class SetRunning>
bool runCall(const LoadRequest& load, int socket, protocol::InFrame& frame, bool cancelsOnSocket,
             faasbatch_result& result, SetRunning setRunning);

bool sendResult(const LoadRequest& load, int socket, std::uint32_t number, faasbatch_result& result,
                std::int64_t execUs, std::int64_t storeUs);
bool sendBroken(int socket, std::uint32_t number, const base::Error& error);
// Calls the handler; what it throws although it is C becomes an error. Microseconds it took.
std::int64_t invoke(const LoadRequest& load, const Call& call, faasbatch_result& result);

template <class SetRunning>
bool runCall(const LoadRequest& load, int socket, protocol::InFrame& frame, bool cancelsOnSocket,
             faasbatch_result& result, SetRunning setRunning) {
  const std::uint32_t number = frame.view.call;
  auto head = protocol::decodeCallHead(frame.view.head);
  if (!head) return sendBroken(socket, number, head.error());
  std::string large;
  std::string_view input = frame.view.payload;
  if (frame.view.inMemfd) {
    auto payload = frame.payload();
    if (!payload) return sendBroken(socket, number, payload.error());
    large = std::move(*payload);
    input = large;
  }
  Call call(socket, number, std::move(*head), input, cancelsOnSocket);
  setRunning(&call);
  const std::int64_t execUs = invoke(load, call, result);
  setRunning(nullptr);
  return sendResult(load, socket, number, result, execUs, call.storeUs());
}

}  // namespace faasbatch::native
