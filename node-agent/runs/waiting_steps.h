// Steps of a run that are to be evaluated: one after the other, so that what one comes to is folded in, and
// counted, before the next. Calls wait until there is room for their inputs.
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "lib/base/time.h"
#include "node-agent/engine/engine.h"

namespace faasbatch::runs {

class WaitingSteps {
 public:
  struct Step {
    engine::Trigger trigger;
    base::Instant since;
    bool call = false;      // evaluating it makes the input of a call
    bool heldBack = false;  // it has waited for room
  };

  void add(engine::Trigger trigger, bool call, base::Instant now) {
    (call ? calls_ : others_).push_back({std::move(trigger), now, call, false});
  }

  // The next one, in order, that `hasRoom` lets through: of calls, which come behind all else, or of the
  // others the first.
  template <class HasRoom>
  std::optional<Step> next(const HasRoom& hasRoom) {
    if (!others_.empty() && hasRoom(std::as_const(others_.front()))) return take(others_);
    if (calls_.empty()) return std::nullopt;
    if (hasRoom(std::as_const(calls_.front()))) {
      if (heldBack_ > 0) --heldBack_;
      return take(calls_);
    }
    for (; heldBack_ < calls_.size(); ++heldBack_) calls_[heldBack_].heldBack = true;
    return std::nullopt;
  }

  bool empty() const { return others_.empty() && calls_.empty(); }
  void clear() {
    others_.clear();
    calls_.clear();
    heldBack_ = 0;
  }

 private:
  static Step take(std::deque<Step>& from) {
    Step step = std::move(from.front());
    from.pop_front();
    return step;
  }

  std::deque<Step> others_;
  std::deque<Step> calls_;
  std::size_t heldBack_ = 0;  // so many of the first calls are marked
};

}  // namespace faasbatch::runs
