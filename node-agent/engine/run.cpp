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

std::size_t Run::memoryBytes() const {
  const State& s = *state_;
  return sizeof(State) + s.ledger.bytes + s.steps.size() * sizeof(Step) +
         s.attempts.size() * sizeof(Attempt) + s.frames.size() * sizeof(Frame) +
         s.timers.size() * sizeof(Timer) + s.liveSlots * sizeof(Slot);
}

void outputLost(Run& run, std::string message) {
  State& s = run.state();
  if (s.status != RunStatus::kSucceeded) return;
  s.status = RunStatus::kFailed;
  s.error = {.type = "StoreUnavailable", .message = std::move(message), .step = {}, .attempts = 1};
  s.output = {};
}

}  // namespace faasbatch::engine
