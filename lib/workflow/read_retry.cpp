#include "lib/workflow/compiling.h"
#include "lib/workflow/fields.h"

namespace faasbatch::workflow {
namespace {

void readBackoff(const Fields& retry, Backoff& backoff) {
  const auto fields = retry.map("backoff");
  if (!fields) return;
  take(backoff.initial, fields->duration("initial"));
  take(backoff.factor, fields->number("factor"));
  take(backoff.max, fields->duration("max"));
  if (backoff.max < backoff.initial) fields->fault("max", "must not be less than initial");
}

}  // namespace

std::vector<std::string> readErrorTypes(const Fields& owner) {
  // Both are read: the faults of either are told.
  std::vector<std::string> on = owner.texts("on");
  std::vector<std::string> readAsTrue = owner.texts("true");
  return owner.has("true") ? std::move(readAsTrue) : std::move(on);
}

std::optional<RetryPolicy> readRetry(const Fields& owner) {
  const auto fields = owner.map("retry");
  if (!fields) return std::nullopt;
  RetryPolicy retry;
  take(retry.limit, fields->integer("limit"));
  retry.on = readErrorTypes(*fields);
  readBackoff(*fields, retry.backoff);
  return retry;
}

}  // namespace faasbatch::workflow
