// A Loop that a test turns by hand: real time, tasks from any thread, no sockets.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>

#include "lib/base/loop.h"
#include "lib/testing/namespace.h"

namespace faasbatch::testing {

// Tasks and timers run inside runUntil(), on its caller's thread, which is the loop's thread.
class TestLoop final : public base::Loop {
 public:
  explicit TestLoop(const base::Clock& clock = systemClock()) : clock_(clock) {}

  void post(std::move_only_function<void()> task) override;
  base::TimerId at(base::Instant when, std::move_only_function<void()> task) override;
  void cancel(base::TimerId timer) override;
  const base::Clock& clock() const override { return clock_; }

  // Runs what comes until `condition` holds (looked at after each task) or the time is over. Whether it
  // holds.
  bool runUntil(const std::function<bool()>& condition, base::Duration atMost = std::chrono::seconds(30));
  // Runs what is there already and what that posts.
  void runReady();

 private:
  static const base::Clock& systemClock();
  bool runOne();

  const base::Clock& clock_;
  std::mutex mutex_;  // tasks_ only: timers belong to the loop's thread
  std::condition_variable wake_;
  std::deque<std::move_only_function<void()>> tasks_;
  std::map<std::pair<base::Instant, base::TimerId>, std::move_only_function<void()>> timers_;
  base::TimerId lastTimer_ = 0;
};

}  // namespace faasbatch::testing
