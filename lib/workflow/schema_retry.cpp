#include "lib/workflow/function.h"
#include "lib/workflow/schema_build.h"

namespace faasbatch::workflow {
namespace {

constexpr std::int64_t kMaxRetries = 100;
constexpr std::int64_t kMaxBackoffFactor = 100;
constexpr DurationBounds kBackoffBounds{.most = std::chrono::hours(24)};

const MapSchema& backoffSchema() {
  static const MapSchema schema{
      .fields = {fallbackTime(duration("initial", kBackoffBounds, "Before the first retry."),
                              Backoff{}.initial),
                 fallbackNumber(
                     number("factor", {1, kMaxBackoffFactor}, "Each further one waits so many times longer."),
                     static_cast<int>(Backoff{}.factor)),
                 fallbackTime(duration("max", kBackoffBounds, "But never longer than this."), Backoff{}.max)},
      .rules = {{"duration(self.max) >= duration(self.initial)", "must not be less than initial", "max"}}};
  return schema;
}

}  // namespace

const MapSchema& retrySchema() {
  static const MapSchema schema{
      .fields = {required(integer("limit", {0, kMaxRetries}, "How many retries, after the first attempt.")),
                 texts("on", "error type", {0, kMaxErrorTypes}, kMaxWordCharacters, kErrorTypeForm,
                       "Which error types are retried, such as \"Timeout\" or the class name of an "
                       "exception. Default: all "
                       "but Cancelled, as \"*\" says it."),
                 onReadAsTrue({0, kMaxErrorTypes}),
                 fallback(map("backoff", backoffSchema,
                              "How long to wait before a retry, with full jitter: a random part "
                              "of the time given here."),
                          "{}")}};
  return schema;
}

}  // namespace faasbatch::workflow
