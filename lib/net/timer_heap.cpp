#include "lib/net/timer_heap.h"

namespace faasbatch::net {

base::TimerId TimerHeap::add(base::Instant when, Task task) {
  if (freeSlots_.empty()) {
    freeSlots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = freeSlots_.back();
  freeSlots_.pop_back();
  Slot& slot = slots_[index];
  slot.task = std::move(task);
  slot.used = true;
  heap_.push_back({when, index});
  slot.place = static_cast<std::uint32_t>(heap_.size() - 1);
  siftUp(heap_.size() - 1);
  return (static_cast<base::TimerId>(slot.generation) << 32) | index;
}

void TimerHeap::cancel(base::TimerId timer) {
  const auto index = static_cast<std::uint32_t>(timer);
  if (index >= slots_.size()) return;
  Slot& slot = slots_[index];
  if (!slot.used || slot.generation != timer >> 32) return;
  // The task goes last: destroying it may come back here.
  const Task task = std::move(slot.task);
  removeAt(slot.place);
}

std::optional<base::Instant> TimerHeap::earliest() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().when;
}

std::optional<TimerHeap::Task> TimerHeap::popDue(base::Instant now) {
  if (heap_.empty() || heap_.front().when > now) return std::nullopt;
  Task task = std::move(slots_[heap_.front().slot].task);
  removeAt(0);
  return task;
}

void TimerHeap::put(std::size_t place, Entry entry) {
  heap_[place] = entry;
  slots_[entry.slot].place = static_cast<std::uint32_t>(place);
}

void TimerHeap::siftUp(std::size_t place) {
  const Entry entry = heap_[place];
  while (place > 0 && entry.when < heap_[(place - 1) / 2].when) {
    put(place, heap_[(place - 1) / 2]);
    place = (place - 1) / 2;
  }
  put(place, entry);
}

void TimerHeap::siftDown(std::size_t place) {
  const Entry entry = heap_[place];
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].when < heap_[child].when) ++child;
    if (entry.when <= heap_[child].when) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, entry);
}

void TimerHeap::removeAt(std::size_t place) {
  const std::uint32_t index = heap_[place].slot;
  Slot& slot = slots_[index];
  slot.task = nullptr;
  slot.used = false;
  if (++slot.generation == 0) slot.generation = 1;  // so that no id is ever 0
  freeSlots_.push_back(index);

  const Entry last = heap_.back();
  heap_.pop_back();
  if (place == heap_.size()) return;
  put(place, last);
  siftUp(place);
  siftDown(slots_[last.slot].place);
}

}  // namespace faasbatch::net
