// Timers in order of their time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "lib/base/loop.h"
#include "lib/base/time.h"

namespace faasbatch::net {

// A binary heap whose entries know their place, so that cancelling one is O(log n) and frees it at once: a
// deadline that is set and cancelled with every call leaves nothing behind. Timers of one instant come out in
// any order.
//
// Invariants: (1) heap_[i].when <= heap_[2i+1].when and heap_[2i+2].when; (2) slots_[heap_[i].slot].place ==
// i; (3) an id names a slot and its generation, so that an id used up never names a later timer.
class TimerHeap {
 public:
  using Task = std::move_only_function<void()>;

  base::TimerId add(base::Instant when, Task task);
  void cancel(base::TimerId timer);  // unknown and used-up ids are ignored

  std::optional<base::Instant> earliest() const;
  // Takes out the earliest timer if it is due at `now`.
  std::optional<Task> popDue(base::Instant now);
  std::size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    base::Instant when;
    std::uint32_t slot;
  };
  struct Slot {
    Task task;
    std::uint32_t generation = 1;
    std::uint32_t place = 0;
    bool used = false;
  };

  void put(std::size_t place, Entry entry);
  void siftUp(std::size_t place);
  void siftDown(std::size_t place);
  void removeAt(std::size_t place);

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> freeSlots_;
};

}  // namespace faasbatch::net
