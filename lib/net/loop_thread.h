// An event loop on a thread of its own, for tests and benchmarks.
#pragma once

#include <future>
#include <memory>
#include <thread>
#include <type_traits>

#include "lib/net/loop.h"

namespace faasbatch::net {

// Runs from construction to destruction. What lives on the loop is made and destroyed through on().
class LoopThread {
 public:
  LoopThread() : loop_(EventLoop::make()), thread_([this] { loop_->run(); }) {}
  ~LoopThread() {
    loop_->stop();
    thread_.join();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  EventLoop& loop() { return *loop_; }

  // Runs `task` on the loop's thread, waits for it and returns what it returns.
  template <class Task>
  auto on(Task task) {
    std::packaged_task<std::invoke_result_t<Task>()> packaged(std::move(task));
    auto result = packaged.get_future();
    loop_->post([&packaged] { packaged(); });
    return result.get();
  }

 private:
  std::unique_ptr<EventLoop> loop_;
  std::thread thread_;
};

}  // namespace faasbatch::net
