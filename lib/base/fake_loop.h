// A Loop on a virtual clock, for tests: nothing runs but what the test lets run, and time jumps.
#pragma once

#include <deque>
#include <map>
#include <utility>

#include "lib/base/loop.h"

namespace faasbatch::base {

// Single-threaded.
class FakeLoop final : public Loop {
 public:
  void post(std::move_only_function<void()> task) override { tasks_.push_back(std::move(task)); }

  TimerId at(Instant when, std::move_only_function<void()> task) override {
    timers_.emplace(std::pair(when, ++lastTimer_), std::move(task));
    return lastTimer_;
  }

  void cancel(TimerId timer) override {
    std::erase_if(timers_, [timer](const auto& entry) { return entry.first.second == timer; });
  }

  const Clock& clock() const override { return clock_; }

  // Runs everything posted, and what that posts, until nothing is left. Time stands still.
  void runReady() {
    while (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }

  // Moves time on by `d`, firing timers in order at their own times.
  void advance(Duration d) {
    const Instant end = now() + d;
    runReady();
    while (!timers_.empty() && timers_.begin()->first.first <= end) {
      auto node = timers_.extract(timers_.begin());
      if (node.key().first > now()) clock_.advance(node.key().first - now());
      node.mapped()();
      runReady();
    }
    clock_.advance(end - now());
  }

  std::size_t pendingTimers() const { return timers_.size(); }

 private:
  FakeClock clock_;
  std::deque<std::move_only_function<void()>> tasks_;
  std::map<std::pair<Instant, TimerId>, std::move_only_function<void()>> timers_;
  TimerId lastTimer_ = 0;
};

}  // namespace faasbatch::base
