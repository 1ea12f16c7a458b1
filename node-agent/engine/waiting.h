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

// At a part: the first inside its own step of the root list. Pure.
std::optional<WaitingCall> waitingAt(const Run& run, Position position);

// At home, of the run's timeout: what the first step that another agent has waits for, as that one told last,
// and which one that is; empty where none waits, or the timer is another. Pure.
std::string waitsElsewhere(const Run& run, TimerKey timer);

// At most kMaxWaitsBytes of the text, cut between two characters. Pure.
std::string boundedWaits(std::string text);

}  // namespace faasbatch::engine
