// A binary heap of items by their time, in which an item knows its place: so that one that ended leaves at
// once, and a single timer serves all.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "lib/base/time.h"

namespace faasbatch::batching {

// Base of what a DeadlineHeap holds.
class DeadlineItem {
 public:
  static constexpr std::size_t kNowhere = SIZE_MAX;
  base::Instant due() const { return due_; }

 private:
  template <class Item>
  friend class DeadlineHeap;
  base::Instant due_;
  std::size_t place_ = kNowhere;
};

// Does not own its items: one that is in it must leave before it dies.
//   1. items_[i]->place_ == i for every item in the heap, kNowhere for every other.
//   2. items_[(i - 1) / 2]->due_ <= items_[i]->due_ for every i > 0.
template <class Item>
class DeadlineHeap {
 public:
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  Item& top() const { return *items_.front(); }

  // Puts the item in, or moves it to its new time.
  void set(Item& item, base::Instant due) {
    if (item.place_ == DeadlineItem::kNowhere) {
      item.place_ = items_.size();
      item.due_ = due;
      items_.push_back(&item);
      up(item.place_);
      return;
    }
    item.due_ = due;
    up(item.place_);
    down(item.place_);
  }

  // Items that are not in it are ignored.
  void remove(Item& item) {
    if (item.place_ == DeadlineItem::kNowhere) return;
    const std::size_t hole = std::exchange(item.place_, DeadlineItem::kNowhere);
    Item* last = items_.back();
    items_.pop_back();
    if (last == &item) return;
    put(hole, last);
    up(hole);
    down(last->place_);
  }

 private:
  void put(std::size_t place, Item* item) {
    items_[place] = item;
    item->place_ = place;
  }

  void up(std::size_t place) {
    Item* item = items_[place];
    while (place > 0) {
      const std::size_t parent = (place - 1) / 2;
      if (items_[parent]->due_ <= item->due_) break;
      put(place, items_[parent]);
      place = parent;
    }
    put(place, item);
  }

  void down(std::size_t place) {
    Item* item = items_[place];
    for (;;) {
      std::size_t child = 2 * place + 1;
      if (child >= items_.size()) break;
      if (child + 1 < items_.size() && items_[child + 1]->due_ < items_[child]->due_) ++child;
      if (item->due_ <= items_[child]->due_) break;
      put(place, items_[child]);
      place = child;
    }
    put(place, item);
  }

  std::vector<Item*> items_;
};

}  // namespace faasbatch::batching
