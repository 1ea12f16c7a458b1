#include "node-agent/engine/receipt.h"

#include <algorithm>

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
    for (StepId child = step.lastChild; child != kNone;) {
      if (isRemote(child)) {
        child = remote(child);
        continue;
      }
      walk(child);
      sum_.wait += s_.steps[child].gapWait;
      child = s_.steps[child].cause;
    }
  }

  Receipt total(Duration whole) {
    sum_ = fitted(sum_, whole);
    sum_.engine += whole - sum_.total();
    return sum_;
  }

 private:
  // An instance in the root list that another agent ran.
  bool isRemote(StepId id) const {
    if (!s_.shared() || !s_.isHome() || s_.steps[id].frame != kRootFrame) return false;
    const Position position = s_.plans[0].position(s_.steps[id].node);
    return s_.roots[position].step == id && !s_.ownership->mine(position);
  }

  // Remote steps that followed on one another, the last one given. Between two instants of this agent's clock
  // lie what their owners measured and the way of the messages. Gives the step before them.
  StepId remote(StepId last) {
    Receipt sum;
    StepId id = last;
    for (; id != kNone && isRemote(id); id = s_.steps[id].cause) {
      const RootStep& root = s_.roots[s_.plans[0].position(s_.steps[id].node)];
      sum += root.receipt;
      sum.engine += root.lost;
    }
    const base::Instant from = id == kNone ? s_.createdAt : s_.steps[id].endedAt;
    const Duration whole = s_.steps[last].endedAt - from;
    sum = fitted(sum, whole);
    sum.transport += whole - sum.total();
    sum_ += sum;
    return id;
  }

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

calls::Receipt stepReceipt(const State& s, StepId step) {
  Path path(s);
  path.walk(step);
  return path.total(s.steps[step].endedAt - s.steps[step].readyAt);
}

calls::Receipt Run::receipt() const {
  const State& s = *state_;
  if (!s.ended() || s.steps.empty()) return {};
  Path path(s);
  path.walk(kRunStep);
  return path.total(s.finishedAt - s.createdAt);
}

}  // namespace faasbatch::engine
