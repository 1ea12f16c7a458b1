// Calls of accepted runs that found their function's queue full. A run that has begun is not refused: its
// calls wait here, in order, until the dispatcher takes them.
#pragma once

#include <deque>
#include <functional>
#include <map>

#include "node-agent/calls/call.h"

namespace faasbatch::runs {

class Backlog {
 public:
  // Tries to hand a call on: true when it is dealt with (taken, failed or no longer wanted), false to keep
  // it.
  using Try = std::move_only_function<bool()>;

  void add(const calls::FunctionKey& key, Try attempt) { waiting_[key].push_back(std::move(attempt)); }
  bool empty() const { return waiting_.empty(); }
  bool holds(const calls::FunctionKey& key) const { return waiting_.contains(key); }

  // Hands on what can be, function by function. Call it when a call has left its queue or ended.
  void pump() {
    for (auto entry = waiting_.begin(); entry != waiting_.end();) {
      std::deque<Try>& queue = entry->second;
      while (!queue.empty() && queue.front()()) queue.pop_front();
      entry = queue.empty() ? waiting_.erase(entry) : std::next(entry);
    }
  }

 private:
  std::map<calls::FunctionKey, std::deque<Try>> waiting_;
};

}  // namespace faasbatch::runs
