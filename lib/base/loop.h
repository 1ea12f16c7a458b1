// The event loop as the rest of the program sees it: a place to run things later, on one thread.
#pragma once

#include <cstdint>
#include <functional>

#include "lib/base/time.h"

namespace faasbatch::base {

using TimerId = std::uint64_t;  // 0 is never a timer

// One thread runs everything given to it, in order. lib/net has the real one (Asio); tests use FakeLoop.
class Loop {
 public:
  virtual ~Loop() = default;

  // Runs `task` on the loop's thread, after what is queued already. Callable from any thread.
  virtual void post(std::move_only_function<void()> task) = 0;

  // Runs `task` once, at `when` or as soon after as the loop can. Loop thread only.
  virtual TimerId at(Instant when, std::move_only_function<void()> task) = 0;

  // Forgets a timer; its task never runs. Unknown, fired and 0 are ignored. Loop thread only.
  virtual void cancel(TimerId timer) = 0;

  // Any thread.
  virtual const Clock& clock() const = 0;
  Instant now() const { return clock().now(); }
  TimerId after(Duration d, std::move_only_function<void()> task) { return at(now() + d, std::move(task)); }
};

}  // namespace faasbatch::base
