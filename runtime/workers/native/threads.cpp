#include "runtime/workers/native/threads.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>

#include "runtime/protocol/send.h"
#include "runtime/workers/native/call.h"

namespace faasbatch::native {
namespace {

// Which calls run, so that a Cancel finds its call. A Cancel may overtake its Call between two threads: the
// last few that found nothing are remembered.
class RunningCalls {
 public:
  void add(std::uint32_t number, Call& call) {
    const std::lock_guard lock(mutex_);
    calls_[number] = &call;
    if (std::erase(early_, number) > 0) call.setCancelled();
  }

  void remove(std::uint32_t number) {
    const std::lock_guard lock(mutex_);
    calls_.erase(number);
  }

  void cancel(std::uint32_t number) {
    const std::lock_guard lock(mutex_);
    if (const auto found = calls_.find(number); found != calls_.end()) {
      found->second->setCancelled();
      return;
    }
    early_.push_back(number);
    if (early_.size() > kMaxEarly) early_.pop_front();
  }

 private:
  static constexpr std::size_t kMaxEarly = 256;

  std::mutex mutex_;
  std::unordered_map<std::uint32_t, Call*> calls_;
  std::deque<std::uint32_t> early_;
};

// A thread takes signals only while it runs a handler: one that a handler sends to its own process then ends
// that process before the handler goes on, where a thread that waits would take it a moment later, when the
// call may have had its result already.
class SignalsAllowed {
 public:
  explicit SignalsAllowed(const sigset_t& signals) : signals_(signals) {
    ::pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  }
  ~SignalsAllowed() { ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr); }
  SignalsAllowed(const SignalsAllowed&) = delete;
  SignalsAllowed& operator=(const SignalsAllowed&) = delete;

 private:
  const sigset_t& signals_;
};

class Pool {
 public:
  Pool(const LoadRequest& load, int socket) : load_(load), socket_(socket), maxThreads_(load.limit + 1) {
    ::sigfillset(&blocked_);
  }

  void serve() {
    ::pthread_sigmask(SIG_BLOCK, &blocked_, nullptr);
    protocol::FrameReceiver receiver(1);
    faasbatch_result result;
    while (true) {
      waiting_.fetch_add(1);
      bool goesOn = false;
      bool taken = false;
      receiver.receive(socket_, [&](protocol::InFrame& frame) {
        taken = true;
        const bool nobodyWaits = waiting_.fetch_sub(1) == 1;
        goesOn = handle(frame, nobodyWaits, result);
      });
      // The end of the socket, or a frame that is none: either way the supervisor is done with this process.
      if (!taken || !goesOn) ::_exit(0);
    }
  }

 private:
  bool handle(protocol::InFrame& frame, bool nobodyWaits, faasbatch_result& result) {
    if (frame.view.type == protocol::FrameType::kCancel) {
      running_.cancel(frame.view.call);
      return true;
    }
    if (frame.view.type == protocol::FrameType::kPing)
      return protocol::sendFrame(socket_, {protocol::FrameType::kPing, 0, "{}", {}, nullptr, {}});
    if (frame.view.type != protocol::FrameType::kCall) return false;
    if (nobodyWaits) grow();
    const SignalsAllowed allowed(blocked_);
    const std::uint32_t number = frame.view.call;
    return runCall(load_, socket_, frame, false, result, [&](Call* call) {
      if (call != nullptr) {
        running_.add(number, *call);
      } else {
        running_.remove(number);
      }
    });
  }

  void grow() {
    if (threads_.fetch_add(1) + 1 > maxThreads_) {
      threads_.fetch_sub(1);
      return;
    }
    try {
      std::thread([this] { serve(); }).detach();
    } catch (const std::system_error&) {
      threads_.fetch_sub(1);  // no more threads to be had: calls wait for those there are
    }
  }

  const LoadRequest& load_;
  int socket_;
  std::size_t maxThreads_;
  sigset_t blocked_{};
  std::atomic<std::size_t> threads_{1};
  std::atomic<int> waiting_{0};
  RunningCalls running_;
};

}  // namespace

void serveThreads(const LoadRequest& load, int socket) {
  Pool pool(load, socket);
  pool.serve();
  ::_exit(0);
}

}  // namespace faasbatch::native
