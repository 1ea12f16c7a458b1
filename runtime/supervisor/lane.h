// A worker that is kept: started, loaded, replaced.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "runtime/supervisor/worker.h"

namespace faasbatch::supervisor {

inline constexpr base::Duration kHelloTime = std::chrono::seconds(30);  // from start to Hello
inline constexpr int kMaxStartFailures = 5;                             // in a row; then the lane gives up
inline constexpr base::Duration kFirstPause = std::chrono::milliseconds(50);  // before the next try; doubles

// Workers whose loop is held up and that were replaced for it live on with the calls they have begun.
inline constexpr std::size_t kMaxHeldUpWorkers = 4;

// The command that becomes a worker.
struct WorkerCommand {
  std::vector<std::string> argv;
  std::vector<std::string> env;
};

// One current worker that takes calls, and retired ones that finish theirs. States of the current worker:
// none -> starting -> generic (said Hello) -> loading -> ready; its end leads to none, from where a new one
// is started at once, or after a pause where the last did not get ready. Loop thread only.
class Lane {
 public:
  struct Events {
    std::function<void()> onReady;
    // A load failed: the function's fault, or the worker's end while loading. `final` says that no other try
    // follows.
    std::function<void(const protocol::CallError& error, bool final)> onLoadFailed;
    // A worker of this lane has ended, in whatever state; runs before it is replaced.
    std::function<void(pid_t pid)> onWorkerGone;
  };

  Lane(WorkerContext context, WorkerCommand command, Events events);
  ~Lane();

  void start();  // a generic worker
  // Loads the current worker, starting one if need be, and every later one. A load that takes longer than
  // `atMost` has failed, and its worker is killed. `spent`: how much of that is gone for the first load.
  void load(std::shared_ptr<const std::string> body, bool forks, base::Duration atMost,
            base::Duration spent = {});
  void retryLoads() { retries_ = true; }  // from now on a load that fails is tried again
  void stop();                            // kills all; nothing is started any more

  bool started() const { return current_ != nullptr || pause_ != 0; }
  // The worker that takes calls now.
  Worker* ready() const {
    return state_ == State::kReady && !current_->heldUpBy() ? current_.get() : nullptr;
  }
  bool owns(const Worker& worker) const;
  std::size_t workers() const { return retired_.size() + (current_ ? 1 : 0); }
  std::size_t abandonedThreads() const;

  // Takes no more calls into `worker`; it is replaced, and killed when its last living call has ended.
  void retire(Worker& worker);
  void killRetiredIfIdle();
  // Calls wait: where the current worker is held up by one of its own, another takes its place, as long as no
  // more than kMaxHeldUpWorkers go on beside it.
  void replaceHeldUp();

  // To be called with the events of this lane's workers.
  void onHello(Worker& worker);
  void onLoaded(Worker& worker, const std::optional<protocol::CallError>& error);
  void onEnded(Worker& worker, const std::string& how);

 private:
  enum class State { kNone, kStarting, kGeneric, kLoading, kReady };

  void sendLoad();
  void failed(const protocol::CallError& error);
  void expectWithin(base::Duration time);
  void forgetTimer();
  std::unique_ptr<Worker> release(Worker& worker);

  WorkerContext context_;
  WorkerCommand command_;
  Events events_;
  State state_ = State::kNone;
  std::unique_ptr<Worker> current_;
  std::vector<std::unique_ptr<Worker>> retired_;
  std::shared_ptr<const std::string> body_;
  bool forks_ = false;
  base::Duration loadTime_{};
  base::Duration spent_{};
  bool overdue_ = false;  // the current worker is killed as it took too long
  bool retries_ = false;
  bool stopped_ = false;
  int failures_ = 0;
  base::TimerId patience_ = 0;
  base::TimerId pause_ = 0;
};

}  // namespace faasbatch::supervisor
