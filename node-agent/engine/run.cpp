#include <utility>

#include "node-agent/engine/state.h"

namespace faasbatch::engine {

Run::Run() : state_(std::make_unique<State>()) {}
Run::~Run() = default;
Run::Run(Run&&) noexcept = default;
Run& Run::operator=(Run&&) noexcept = default;

const std::string& Run::id() const { return state_->accepted.id; }
const Accepted& Run::accepted() const { return state_->accepted; }
RunStatus Run::status() const { return state_->status; }
bool Run::ended() const { return state_->ended(); }
const OutputRef& Run::output() const { return state_->output; }
const RunError& Run::error() const { return state_->error; }
base::Instant Run::createdAt() const { return state_->createdAt; }
base::Instant Run::startedAt() const { return state_->startedAt; }
base::Instant Run::finishedAt() const { return state_->finishedAt; }

std::size_t Run::inputBytes() const { return state_->inputs.bytes; }

std::size_t Run::memoryBytes() const {
  constexpr std::size_t kBlock = 16;        // of the allocator, for each block
  constexpr std::size_t kFirstSteps = 512;  // a deque has its first block at once
  constexpr std::size_t kPlaceBytes = 300;  // with its two texts, in a list and in a map
  const State& s = *state_;
  std::size_t plans = 0;
  for (const PlanView& plan : s.plans) plans += plan.memoryBytes();
  return sizeof(State) + kFirstSteps + s.accepted.id.size() + s.accepted.idempotencyKey.size() + plans +
         s.ledger.bytes + s.errorBytes + s.places.size() * kPlaceBytes + s.steps.size() * sizeof(Step) +
         s.activeSteps * (sizeof(Active) + kBlock) + s.attempts.capacity() * sizeof(Attempt) +
         s.frames.capacity() * sizeof(Frame) + s.liveFrames * (sizeof(Live) + 2 * kBlock) +
         s.liveSlots * sizeof(Slot) + s.timers.capacity() * sizeof(Timer) +
         s.roots.capacity() * sizeof(RootStep) + s.rootBytes.capacity() * sizeof(std::uint64_t) +
         s.sharedBytes;
}

void outputLost(Run& run, std::string message) {
  State& s = run.state();
  if (s.status != RunStatus::kSucceeded) return;
  s.status = RunStatus::kFailed;
  s.error = {.type = "StoreUnavailable", .message = std::move(message), .step = {}, .attempts = 1};
  s.output = {};
}

}  // namespace faasbatch::engine
