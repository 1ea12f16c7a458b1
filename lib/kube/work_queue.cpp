#include "lib/kube/work_queue.h"

#include <algorithm>

#include "lib/kube/backoff.h"

namespace faasbatch::kube {

void WorkQueue::add(const std::string& key, base::Instant due) {
  const auto [entry, isNew] = due_.try_emplace(key, due);
  if (!isNew) {
    if (entry->second <= due) return;
    order_.erase({entry->second, key});
    entry->second = due;
  }
  if (!running_.contains(key)) order_.emplace(due, key);
}

std::optional<std::string> WorkQueue::take(base::Instant now) {
  if (order_.empty() || order_.begin()->first > now) return std::nullopt;
  std::string key = std::move(order_.extract(order_.begin()).value().second);
  due_.erase(key);
  running_.insert(key);
  return key;
}

// Puts what was added meanwhile into the order.
void WorkQueue::finish(const std::string& key) {
  if (running_.erase(key) == 0) return;
  if (const auto entry = due_.find(key); entry != due_.end()) order_.emplace(entry->second, key);
}

void WorkQueue::done(const std::string& key) {
  failures_.erase(key);
  finish(key);
}

base::Instant WorkQueue::failed(const std::string& key, base::Instant now, double random) {
  const std::uint32_t before = failures_[key]++;
  finish(key);
  add(key, now + equalJitter(backoff(options_.backoffInitial, options_.backoffMax, before), random));
  return due_.at(key);
}

base::Instant WorkQueue::next() const {
  return order_.empty() ? base::Instant::never() : order_.begin()->first;
}

}  // namespace faasbatch::kube
