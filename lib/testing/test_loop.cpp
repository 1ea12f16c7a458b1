#include "lib/testing/test_loop.h"

#include <algorithm>
#include <utility>

namespace faasbatch::testing {

const base::Clock& TestLoop::systemClock() {
  static const base::SystemClock kClock;
  return kClock;
}

void TestLoop::post(std::move_only_function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

base::TimerId TestLoop::at(base::Instant when, std::move_only_function<void()> task) {
  timers_.emplace(std::pair(when, ++lastTimer_), std::move(task));
  return lastTimer_;
}

void TestLoop::cancel(base::TimerId timer) {
  std::erase_if(timers_, [timer](const auto& entry) { return entry.first.second == timer; });
}

bool TestLoop::runOne() {
  if (!timers_.empty() && timers_.begin()->first.first <= now()) {
    auto timer = timers_.extract(timers_.begin());
    timer.mapped()();
    return true;
  }
  std::unique_lock lock(mutex_);
  if (tasks_.empty()) return false;
  auto task = std::move(tasks_.front());
  tasks_.pop_front();
  lock.unlock();
  task();
  return true;
}

void TestLoop::runReady() {
  while (runOne()) {
  }
}

bool TestLoop::runUntil(const std::function<bool()>& condition, base::Duration atMost) {
  // Conditions may look at things that change without a task (a file, a health flag).
  constexpr base::Duration kLookAgain = std::chrono::milliseconds(5);
  const auto end = std::chrono::steady_clock::now() + atMost;
  while (!condition()) {
    if (runOne()) continue;
    if (std::chrono::steady_clock::now() >= end) return false;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kLookAgain, [this] { return !tasks_.empty(); });
  }
  return true;
}

}  // namespace faasbatch::testing
