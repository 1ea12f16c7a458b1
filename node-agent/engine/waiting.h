// Which calls of a run have not begun, for who has to say why something took too long.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "node-agent/engine/engine.h"

namespace faasbatch::engine {

// A call that was dispatched and has not left its queue.
struct WaitingCall {
  StepId step = 0;
  std::uint32_t attempt = 1;
  std::string name;  // of the step
  friend bool operator==(const WaitingCall&, const WaitingCall&) = default;
};

// The first of them inside what the timer bounds, in the order of steps and items; nothing where the timer is
// no timeout, or bounds nothing any more. Pure.
std::optional<WaitingCall> waitingInside(const Run& run, TimerKey timer);

}  // namespace faasbatch::engine
