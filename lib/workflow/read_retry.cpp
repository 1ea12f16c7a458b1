#include "lib/json/quote_name.h"
#include "lib/workflow/compiling.h"
#include "lib/workflow/fields.h"
#include "lib/workflow/names.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {
namespace {

constexpr std::int64_t kMaxRetries = 100;
constexpr double kMaxBackoffFactor = 100;
constexpr DurationBounds kBackoffBounds{.most = std::chrono::hours(24)};

void readBackoff(const Fields& retry, Faults& faults, Backoff& backoff) {
  const Tree* tree = retry.map("backoff");
  if (tree == nullptr) return;
  const Fields fields(*tree, retry.at("backoff"), faults, {"initial", "factor", "max"});
  take(backoff.initial, fields.duration("initial", kBackoffBounds));
  take(backoff.factor, fields.number("factor", 1, kMaxBackoffFactor));
  take(backoff.max, fields.duration("max", kBackoffBounds));
  if (backoff.max < backoff.initial) fields.fault("max", "must not be less than initial");
}

}  // namespace

std::string checkErrorType(const std::string& type) {
  if (type == "*" || isDottedName(type, 1)) return {};
  return "must be the name of an error type, or \"*\", not " + json::quoteName(type);
}

std::optional<RetryPolicy> readRetry(const Fields& owner, Faults& faults) {
  const Tree* tree = owner.map("retry");
  if (tree == nullptr) return std::nullopt;
  const Fields fields(*tree, owner.at("retry"), faults, {"limit", "on", "backoff"});
  RetryPolicy retry;
  if (!fields.has("limit")) fields.fault("limit", "is required");
  take(retry.limit, fields.integer("limit", 0, kMaxRetries));
  retry.on = fields.texts("on", checkErrorType);
  readBackoff(fields, faults, retry.backoff);
  return retry;
}

}  // namespace faasbatch::workflow
