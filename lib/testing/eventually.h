// Waiting for a condition, with an end.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "lib/base/time.h"
#include "lib/net/loop.h"
#include "lib/testing/namespace.h"

namespace faasbatch::testing {

inline constexpr base::Duration kPatience = std::chrono::seconds(30);  // generous: machines are slow at times
inline constexpr base::Duration kLookEvery = std::chrono::milliseconds(5);

// Blocks until `condition` holds or the time is over. Whether it holds.
inline bool eventually(const std::function<bool()>& condition, base::Duration atMost = kPatience) {
  const auto end = std::chrono::steady_clock::now() + atMost;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(kLookEvery);
  }
  return true;
}

// Runs `loop` until `condition` holds (looked at now and then), the time is over or somebody stops the loop.
// Whether it holds. Call it on the thread that is to be the loop's; it may be called again and again.
inline bool runUntil(net::EventLoop& loop, std::function<bool()> condition,
                     base::Duration atMost = kPatience) {
  struct Watch {
    net::EventLoop& loop;
    std::function<bool()> condition;
    base::Instant end;
    bool held = false;
    bool over = false;
    void look(const std::shared_ptr<Watch>& self) {
      if (over) return;
      held = condition();
      if (held || loop.now() >= end) return loop.stop();
      loop.after(kLookEvery, [self] { self->look(self); });
    }
  };
  const auto watch = std::make_shared<Watch>(loop, std::move(condition), loop.now() + atMost);
  loop.post([watch] { watch->look(watch); });
  loop.run();
  watch->over = true;
  return watch->held || watch->condition();
}

}  // namespace faasbatch::testing
