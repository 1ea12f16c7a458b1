// The real event loop (Asio behind it).
#pragma once

#include <functional>
#include <memory>

#include "lib/base/loop.h"

namespace faasbatch::net {

class EventLoop : public base::Loop {
 public:
  static std::unique_ptr<EventLoop> make();

  // Runs until stop(). The thread that calls it is the loop's thread.
  virtual void run() = 0;
  virtual void stop() = 0;  // any thread

  // `handler` runs on the loop's thread at each of these signals, instead of the default action.
  virtual void onSignals(std::initializer_list<int> signals, std::move_only_function<void(int)> handler) = 0;

  // Runs `task` once after the handlers that are ready in this turn of the loop: calls that arrive together
  // are seen together. Loop thread only.
  virtual void atEndOfTurn(std::move_only_function<void()> task) = 0;
};

// Watches one file descriptor that its owner reads and writes by itself, without blocking. Loop thread only.
class FdWatch {
 public:
  // Does not own `fd`; destroy the watch before closing it.
  static std::unique_ptr<FdWatch> make(EventLoop& loop, int fd);
  virtual ~FdWatch() = default;
  // Runs each time the descriptor is readable (or at its end), until replaced by nullptr.
  virtual void onReadable(std::move_only_function<void()> handler) = 0;
  // Runs once when the descriptor is writable.
  virtual void onceWritable(std::move_only_function<void()> handler) = 0;
};

}  // namespace faasbatch::net
