// A thread for work that blocks.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace faasbatch::base {

// Runs tasks one after the other, in order. How many wait is bounded by whoever gives them. Destruction waits
// for the one that runs and drops the others.
class Background {
 public:
  Background();
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void run(std::move_only_function<void()> task);  // any thread

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::move_only_function<void()>> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace faasbatch::base
