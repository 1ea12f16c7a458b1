#include "node-agent/runs/outcome.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/json/members.h"
#include "lib/json/write.h"
#include "node-agent/engine/record.h"
#include "node-agent/engine/state.h"

namespace faasbatch::runs {
namespace {

using Part = std::pair<std::string_view, base::Duration calls::Receipt::*>;
constexpr std::array<Part, 8> kParts{{{"engine", &calls::Receipt::engine},
                                      {"queue", &calls::Receipt::queue},
                                      {"window", &calls::Receipt::window},
                                      {"cold", &calls::Receipt::cold},
                                      {"transport", &calls::Receipt::transport},
                                      {"exec", &calls::Receipt::exec},
                                      {"store", &calls::Receipt::store},
                                      {"wait", &calls::Receipt::wait}}};

std::string errorJson(const engine::RunError& error) {
  std::string out;
  json::Object object(out);
  object.text("type", error.type).text("message", error.message).text("step", error.step);
  object.number("attempts", static_cast<std::int64_t>(error.attempts)).end();
  return out;
}

engine::RunStatus statusFromName(std::string_view name) {
  using enum engine::RunStatus;
  for (const auto status : {kPending, kRunning, kSucceeded, kCancelled, kTimedOut}) {
    if (name == engine::name(status)) return status;
  }
  return kFailed;
}

std::string textOr(const std::vector<json::Member>& members, std::string_view key) {
  const auto raw = json::find(members, key);
  return raw ? json::asString(*raw).value_or("") : "";
}

}  // namespace

Outcome outcomeOf(const engine::Run& run, base::Payload output) {
  Outcome outcome{run.id(), run.status(), std::move(output), {}, run.receipt()};
  if (run.status() != engine::RunStatus::kSucceeded) outcome.error = run.error();
  return outcome;
}

std::string toJson(const Outcome& outcome) {
  std::string receipt;
  json::Object parts(receipt);
  for (const auto& [name, part] : kParts) {
    parts.number(name, static_cast<std::int64_t>((outcome.receipt.*part).count()));
  }
  parts.end();
  std::string out;
  json::Object object(out);
  object.text("status", engine::name(outcome.status)).raw("receiptNs", receipt);
  if (outcome.status != engine::RunStatus::kSucceeded) object.raw("error", errorJson(outcome.error));
  object.raw("output", outcome.output.view()).end();
  return out;
}

base::Result<Outcome> outcomeFromJson(std::string_view json, std::string id) {
  const auto members = json::members(json);
  if (!members) return std::unexpected(members.error());
  Outcome outcome;
  outcome.id = std::move(id);
  outcome.status = statusFromName(textOr(*members, "status"));
  if (const auto output = json::find(*members, "output"))
    outcome.output = base::Payload(std::string(*output));
  if (const auto receipt = json::find(*members, "receiptNs")) {
    const auto parts = json::members(*receipt);
    for (const auto& [name, part] : kParts) {
      const auto raw = parts ? json::find(*parts, name) : std::nullopt;
      outcome.receipt.*part = base::Duration(raw ? json::asInt(*raw).value_or(0) : 0);
    }
  }
  if (const auto error = json::find(*members, "error")) {
    if (const auto fields = json::members(*error)) {
      outcome.error = {textOr(*fields, "type"), textOr(*fields, "message"), textOr(*fields, "step"), 1};
      const auto attempts = json::find(*fields, "attempts");
      if (attempts) outcome.error.attempts = static_cast<std::uint32_t>(json::asInt(*attempts).value_or(1));
    }
  }
  return outcome;
}

bool wasRefused(const engine::Run& run) {
  if (run.status() != engine::RunStatus::kFailed) return false;
  const std::string& type = run.error().type;
  const bool begun =
      std::ranges::any_of(run.state().places, [](const auto& where) { return !where.pod.empty(); });
  return !begun && (type == "QueueFull" || type == "NoCapacity" || type == "StoreUnavailable");
}

bool wasRefused(const journal::FinishedRun& finished) {
  const auto members = json::members(finished.answer);
  const auto refused = members ? json::find(*members, "refused") : std::nullopt;
  return refused && json::asBool(*refused).value_or(false);
}

journal::FinishedRun finishedRun(ActiveRun& run) {
  journal::FinishedRun finished;
  finished.head = run.head;
  finished.status = engine::name(run.run.status());
  finished.finishedAt = run.run.finishedAt();
  finished.record = engine::record(run.run, &run.outcome->output);
  finished.summary = engine::summary(run.run);
  finished.logs = run.log.jsonLines();
  if (run.head.idempotencyKey.empty()) return finished;
  finished.answer = toJson(*run.outcome);
  if (wasRefused(run.run)) finished.answer.insert(finished.answer.size() - 1, R"(,"refused":true)");
  return finished;
}

}  // namespace faasbatch::runs
