// The time slices of a zygote's children.
#include "runtime/supervisor/children.h"
#include "runtime/supervisor/time_slice.h"

namespace faasbatch::supervisor {

void Children::beginSlice(Child& child, base::Duration slice) {
  // A child that is forked for this call begins at zero; a spare has got itself ready.
  if (child.pid != 0) child.sliceBegan = computedBy(child.pid).value_or(base::Duration(0));
  lookAgain(child.fork, {.slice = slice}, *judgeSlice({.slice = slice}));
}

void Children::lookAgain(std::uint32_t fork, const SliceFacts& last, base::Duration pause) {
  zygote_.context_.loop.after(pause, [this, alive = std::weak_ptr(alive_), fork, last, pause] {
    if (alive.expired()) return;
    Child* child = findFork(fork);
    if (child == nullptr || child->ended) return;
    SliceFacts facts{.slice = last.slice, .computed = {}, .before = last.computed, .pause = pause};
    if (child->pid != 0)
      facts.computed = computedBy(child->pid).value_or(base::Duration(0)) - child->sliceBegan;
    if (const auto next = judgeSlice(facts)) return lookAgain(fork, facts, *next);
    tellZygote(protocol::FrameType::kLower, *child);
  });
}

}  // namespace faasbatch::supervisor
