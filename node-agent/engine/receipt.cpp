// The run's receipt along its critical path.
#include <algorithm>

#include "node-agent/engine/state.h"

namespace faasbatch::engine {
namespace {

using base::Duration;
using calls::Receipt;

// What an attempt says of itself, cut down to the time it can have taken: clocks and measurements of others
// are not trusted to fit.
Receipt fitted(Receipt receipt, Duration room) {
  room = std::max(room, Duration(0));
  Duration over = receipt.total() - room;
  for (Duration* part : {&receipt.engine, &receipt.transport, &receipt.queue, &receipt.window, &receipt.cold,
                         &receipt.exec, &receipt.store, &receipt.wait}) {
    const Duration cut = std::clamp(over, Duration(0), std::max(*part, Duration(0)));
    *part = std::max(*part, Duration(0)) - cut;
    over -= cut;
  }
  return receipt;
}

class Path {
 public:
  explicit Path(const State& s) : s_(s) {}

  // Adds the parts of a step's own time, and of the steps inside it that it waited for.
  void walk(StepId id) {
    const Step& step = s_.steps[id];
    sum_.store += step.fetch;
    sum_.wait += step.waited;
    sum_.queue += step.queued;
    attempts(step);
    for (StepId child = step.lastChild; child != kNone; child = s_.steps[child].cause) {
      walk(child);
      sum_.wait += s_.steps[child].gapWait;
    }
  }

  Receipt total(Duration whole) {
    sum_ = fitted(sum_, whole);
    sum_.engine += whole - sum_.total();
    return sum_;
  }

 private:
  void attempts(const Step& step) {
    base::Instant at = step.readyAt + step.fetch;
    for (std::uint32_t i = step.firstAttempt; i != kNone; i = s_.attempts[i].next) {
      const Attempt& attempt = s_.attempts[i];
      if (attempt.status == Attempt::Status::kRunning) break;
      sum_ += fitted(attempt.receipt, attempt.endedAt - at);
      sum_.wait += attempt.waited;
      at = attempt.endedAt + attempt.waited;
    }
  }

  const State& s_;
  Receipt sum_;
};

}  // namespace

calls::Receipt Run::receipt() const {
  const State& s = *state_;
  if (!s.ended() || s.steps.empty()) return {};
  Path path(s);
  path.walk(kRunStep);
  return path.total(s.finishedAt - s.createdAt);
}

}  // namespace faasbatch::engine
