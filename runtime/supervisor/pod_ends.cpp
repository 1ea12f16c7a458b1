// The calls of a pod that their workers do not end: overrun, cancelled, or left by their client.
#include <algorithm>

#include "runtime/supervisor/lines.h"
#include "runtime/supervisor/overrun.h"
#include "runtime/supervisor/pod.h"

namespace faasbatch::supervisor {
// Ends a call that its worker has not ended: its process is killed or its thread left behind.
void Pod::giveUp(std::uint32_t number, const char* type, const std::string& message) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  Worker* worker = found->second.worker;
  Outcome outcome;
  outcome.error = protocol::CallError{type, message, "", false};
  if (worker != nullptr) outcome.times.execUs = micros(loop_.now() - found->second.started);
  end(number, outcome);
  if (worker == nullptr) return;
  worker->abandonCall(number);
  if (worker->forks()) return;
  Lane& lane = laneOf(*worker);
  lane.retire(*worker);
  lane.killRetiredIfIdle();
}

void Pod::timeOut(std::uint32_t number) {
  ++counters_.timeouts;
  const Call& call = calls_.at(number);
  const std::string after = millisText(call.invocation.timeout);
  giveUp(number, "Timeout",
         call.worker != nullptr ? "the call did not end within " + after
                                : "the call waited in the pod for all of its " + after);
}

// Ends a call as if its worker had crashed by no fault of its own: the agent tries it again, apart.
void Pod::handBack(std::uint32_t number, const std::string& why) { giveUp(number, "WorkerCrashed", why); }

void Pod::handBackAll(const Worker& worker, const std::string& why) {
  std::vector<std::uint32_t> numbers;
  for (const auto& [number, call] : calls_) {
    if (call.worker == &worker) numbers.push_back(number);
  }
  for (const std::uint32_t number : numbers) handBack(number, why);
}

// `answers`: what asking the call's worker has shown.
void Pod::onDeadline(std::uint32_t number, std::optional<bool> answers) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  Worker* worker = found->second.worker;
  if (worker == nullptr) return timeOut(number);
  const OverrunFacts facts{.call = number,
                           .ownProcess = worker->forks(),
                           .living = worker->living(),
                           .heldUpBy = worker->heldUpBy(),
                           .answers = answers};
  constexpr const char* kHeldUp = "another call of its worker held up the event loop";
  switch (judgeOverrun(facts)) {
    case Overrun::kTimeout:
      return timeOut(number);
    case Overrun::kTimeoutOfAll:
      timeOut(number);
      return handBackAll(*worker, kHeldUp);
    case Overrun::kHandBack:
      return handBack(number, kHeldUp);
    case Overrun::kHandBackAll:
      return handBackAll(*worker, "its worker did not answer any more, as one of its calls held it up");
    case Overrun::kAsk:
      return worker->ask([this, number](bool answered) { onDeadline(number, answered); });
  }
}

void Pod::cancel(const std::vector<std::string>& ids, base::Duration grace) {
  std::vector<std::uint32_t> numbers;
  for (const auto& [number, call] : calls_) {
    if (std::ranges::find(ids, call.invocation.id) != ids.end()) numbers.push_back(number);
  }
  for (const std::uint32_t number : numbers) cancelCall(number, grace);
}

void Pod::cancelCall(std::uint32_t number, base::Duration grace) {
  Call& call = calls_.at(number);
  if (call.worker == nullptr) return giveUp(number, "Cancelled", "the call was cancelled before it started");
  call.worker->cancelCall(number);
  if (call.grace != 0) return;
  call.grace = loop_.after(grace, [this, number] {
    giveUp(number, "Cancelled", "the call was cancelled and did not end within its grace");
  });
}

void Pod::onClientGone(const BatchStream* batch) {
  std::vector<std::uint32_t> numbers;
  for (const auto& [number, call] : calls_) {
    if (call.batch.get() == batch) numbers.push_back(number);
  }
  for (const std::uint32_t number : numbers) cancelCall(number, kClosedGrace);
}

}  // namespace faasbatch::supervisor
