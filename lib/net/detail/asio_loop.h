// The event loop's Asio side, for lib/net's own sources.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>

#include "lib/net/detail/asio.h"
#include "lib/net/loop.h"
#include "lib/net/timer_heap.h"

namespace faasbatch::net {

class AsioLoop final : public EventLoop {
 public:
  AsioLoop();

  // Every EventLoop is one of these.
  static AsioLoop& of(EventLoop& loop) { return static_cast<AsioLoop&>(loop); }
  Context& context() { return context_; }

  void post(std::move_only_function<void()> task) override;
  base::TimerId at(base::Instant when, std::move_only_function<void()> task) override;
  void cancel(base::TimerId timer) override { timers_.cancel(timer); }
  const base::Clock& clock() const override { return clock_; }
  void run() override;
  void stop() override { context_.stop(); }
  void onSignals(std::initializer_list<int> signals, std::move_only_function<void(int)> handler) override;
  void atEndOfTurn(std::move_only_function<void()> task) override { post(std::move(task)); }

 private:
  struct SignalWatch {
    SignalWatch(const Executor& executor, std::move_only_function<void(int)> whenSignalled)
        : set(executor), handler(std::move(whenSignalled)) {}

    asio::basic_signal_set<Executor> set;
    std::move_only_function<void(int)> handler;
  };
  using WallTimer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                               asio::wait_traits<std::chrono::steady_clock>, Executor>;

  void arm();
  void fire();
  static void awaitSignal(SignalWatch& watch);

  base::SystemClock clock_;
  // The context goes before what its handlers may still refer to when it drops them.
  TimerHeap timers_;
  base::Instant armedFor_ = base::Instant::never();
  Context context_;
  asio::executor_work_guard<Executor> work_;
  WallTimer timer_;
  std::list<SignalWatch> signals_;
};

}  // namespace faasbatch::net
