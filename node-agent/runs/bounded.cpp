// What runs hold is bounded: their steps are evaluated one by one as there is room, and a run that has grown
// too large ends.
#include <algorithm>
#include <numeric>
#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/runs/driver.h"

namespace faasbatch::runs {
namespace {

// A call under way is known here, to the batcher and to its pod; what it carries is its run's.
constexpr std::size_t kCallBytes = 1500;

std::size_t bytesOf(const ActiveRun& run) {
  return sizeof(ActiveRun) + run.run.memoryBytes() + run.calls.size() * kCallBytes + run.log.size() +
         run.reading;
}

std::size_t sizeOf(const std::vector<engine::StoreKey>& needs) {
  return std::accumulate(needs.begin(), needs.end(), std::size_t{0},
                         [](std::size_t sum, const engine::StoreKey& key) { return sum + key.size; });
}

}  // namespace

// What the first of its waiting steps comes to, where there is room for that. False: none goes on now.
bool Driver::evaluateNext(const ActiveRunPtr& run) {
  if (run->tooLarge) return false;
  auto step = run->waiting.next([&](const WaitingSteps::Step& first) {
    const std::size_t held = run->reading + (first.call ? run->run.inputBytes() : 0);
    return hasRoom(deps_.memory, held, sizeOf(first.trigger.needs), first.call ? inputBytes_ : 0);
  });
  if (!step) return false;
  const std::size_t bytes = sizeOf(step->trigger.needs);
  if (const std::size_t most = run->bytes - run->reading + bytes; bytes > 0 && most > deps_.memory.one()) {
    end(run, oneIsTooLarge(deps_.memory, most));
    return true;
  }
  if (step->trigger.needs.empty()) {
    evaluate(run, *step, {});
    return true;
  }
  run->reading += bytes;
  recount(run);
  std::vector<engine::StoreKey> needs = std::move(step->trigger.needs);
  fetch(run, std::move(needs), [this, run, bytes, step = std::move(*step)](const engine::Blobs& blobs) {
    run->reading -= bytes;
    evaluate(run, step, blobs);
  });
  return true;
}

void Driver::evaluate(const ActiveRunPtr& run, const WaitingSteps::Step& step, const engine::Blobs& blobs) {
  const base::Instant now = deps_.loop.now();
  engine::Decision decision = engine::evaluate(run->run, step.trigger.step, blobs, now + run->ahead());
  if (step.heldBack && std::holds_alternative<engine::Decision::Call>(decision.what))
    run->heldBack[step.trigger.step] = now - step.since;
  deliver(run, engine::StepReady{step.trigger.step, std::move(decision)});
}

void Driver::recount(const ActiveRunPtr& run) {
  count(*run, bytesOf(*run));
  if (run->forgotten || run->tooLarge || run->run.ended()) return;
  if (run->bytes > deps_.memory.one()) return end(run, oneIsTooLarge(deps_.memory, run->bytes));
  if (bytes_ > deps_.memory.grown()) endLargest(run);
}

void Driver::endLargest(const ActiveRunPtr& growing) {
  ActiveRunPtr largest = growing;
  std::size_t ending = 0;
  for (const auto& [key, weak] : large_) {
    const ActiveRunPtr run = weak.lock();
    if (!run || run->run.ended()) continue;
    if (run->tooLarge) {
      ending += run->bytes;
    } else if (run->bytes > largest->bytes) {
      largest = run;
    }
  }
  if (bytes_ - ending > deps_.memory.grown()) {
    end(largest, allAreTooLarge(deps_.memory, largest->bytes, bytes_));
  }
}

// Its other steps wait for nothing any more: what they would come to is not made.
void Driver::end(const ActiveRunPtr& run, std::string why) {
  if (std::exchange(run->tooLarge, true)) return;
  run->waiting.clear();
  telemetry::warning("a run holds too much and ends", {{"run", run->head.id}, {"bytes", run->bytes}});
  deliver(run, engine::GrewTooLarge{std::move(why)});
}

bool Driver::isTooLarge(const ActiveRun& run) const {
  const std::size_t bytes = bytesOf(run);
  return bytes > deps_.memory.one() || bytes_ - run.bytes + bytes > deps_.memory.grown();
}

void Driver::endTooLarge(const ActiveRunPtr& run) {
  const std::size_t bytes = bytesOf(*run);
  const bool alone = bytes > deps_.memory.one();
  end(run, alone ? oneIsTooLarge(deps_.memory, bytes)
                 : allAreTooLarge(deps_.memory, bytes, bytes_ - run->bytes + bytes));
}

}  // namespace faasbatch::runs
