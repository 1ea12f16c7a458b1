#include "node-agent/gateway/problem.h"

#include <algorithm>
#include <array>

#include "lib/json/write.h"

namespace faasbatch::gateway {
namespace {

struct Kind {
  std::string_view reason;
  int status;
  std::string_view title;
};

constexpr std::array kKinds{
    Kind{"InvalidJson", 400, "The body is not valid JSON"},
    Kind{"InvalidRequest", 400, "The request is not valid"},
    Kind{"InvalidKey", 400, "The store takes no such key"},
    Kind{"Unauthorized", 401, "The caller is not known"},
    Kind{"Forbidden", 403, "The caller may not do this"},
    Kind{"WorkflowNotFound", 404, "No such workflow"},
    Kind{"FunctionNotFound", 404, "No such function"},
    Kind{"InvocationNotFound", 404, "No such invocation"},
    Kind{"NotFound", 404, "No such resource"},
    Kind{"MethodNotAllowed", 405, "The resource does not support this method"},
    Kind{"RequestTimeout", 408, "The request came too slowly"},
    Kind{"Cancelled", 409, "The invocation was cancelled"},
    Kind{"LengthRequired", 411, "The request needs a length"},
    Kind{"BodyTooLarge", 413, "The body is too large"},
    Kind{"ValueTooLarge", 413, "The value is too large for the store"},
    Kind{"UnsupportedMediaType", 415, "The media type is not supported"},
    Kind{"InvalidWorkflow", 422, "The workflow is not valid"},
    Kind{"IdempotencyMismatch", 422, "The idempotency key belongs to another input"},
    Kind{"QueueFull", 429, "Too many calls are waiting"},
    Kind{"HeadersTooLarge", 431, "The headers are too large"},
    Kind{"StepFailed", 500, "A step failed"},
    Kind{"InternalError", 500, "The agent failed"},
    Kind{"NoCapacity", 503, "There is no capacity"},
    Kind{"Draining", 503, "The agent is shutting down"},
    Kind{"StoreUnavailable", 503, "A store is not available"},
    Kind{"AgentUnreachable", 503, "The agent that has the invocation cannot be reached"},
    Kind{"AccessUnavailable", 503, "Whether the caller may do this cannot be found out"},
    Kind{"ClusterUnavailable", 503, "The API server of the cluster is not available"},
    Kind{"WorkflowNotReady", 503, "The workflow is not served yet"},
    Kind{"NotReady", 503, "The agent is not ready"},
    Kind{"Timeout", 504, "The invocation timed out"},
};

const Kind& kindOf(std::string_view reason) {
  const auto found = std::ranges::find(kKinds, reason, &Kind::reason);
  return found != kKinds.end() ? *found : *std::ranges::find(kKinds, "InternalError", &Kind::reason);
}

std::string errorMember(const engine::RunError& error) {
  std::string out = "\"error\":";
  json::Object object(out);
  object.text("type", error.type).text("message", error.message).text("step", error.step);
  object.number("attempts", static_cast<std::int64_t>(error.attempts)).end();
  return out;
}

}  // namespace

net::Response problem(int status, std::string_view reason, std::string_view detail,
                      const std::vector<std::string>& members) {
  net::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/problem+json");
  if (status == 429 || status == 503) response.headers.add("Retry-After", std::to_string(kRetryAfterSeconds));
  json::Object object(response.body);
  object.text("type", std::string(kProblemTypePrefix).append(reason)).text("title", kindOf(reason).title);
  object.number("status", static_cast<std::int64_t>(status)).text("detail", detail).text("reason", reason);
  for (const std::string& member : members) response.body.append(",").append(member);
  object.end();
  return response;
}

net::Response problemOf(const base::Error& error) {
  const Kind& kind = kindOf(error.kind == "JournalFull" ? "QueueFull" : error.kind);
  return problem(kind.status, kind.reason, error.message);
}

net::Response invalidWorkflow(const std::vector<workflow::Fault>& faults) {
  std::string errors = "\"errors\":";
  json::appendList(errors, faults, [](std::string& to, const workflow::Fault& fault) {
    json::Object(to).text("path", fault.path).text("message", fault.message).end();
  });
  const std::string detail = faults.empty() ? "the manifest has faults"
                             : faults.front().path.empty()
                                 ? faults.front().message
                                 : faults.front().path + ": " + faults.front().message;
  const std::string more = faults.size() > 1 ? " (and " + std::to_string(faults.size() - 1) + " more)" : "";
  return problem(422, "InvalidWorkflow", detail + more, {errors});
}

net::Response problemOf(const runs::Outcome& outcome) {
  const engine::RunError& error = outcome.error;
  const std::string where = error.step.empty() ? "" : "step \"" + error.step + "\": ";
  const std::string detail = where + error.type + (error.message.empty() ? "" : ": " + error.message);
  switch (outcome.status) {
    case engine::RunStatus::kTimedOut:
      return problem(504, "Timeout", detail, {errorMember(error)});
    case engine::RunStatus::kCancelled:
      return problem(409, "Cancelled", detail, {errorMember(error)});
    default:
      break;
  }
  // Refusals keep the status that tells a client to come again.
  for (const std::string_view refusal : {"QueueFull", "NoCapacity", "StoreUnavailable"}) {
    if (error.type == refusal) return problem(kindOf(refusal).status, refusal, detail, {errorMember(error)});
  }
  return problem(500, "StepFailed", detail, {errorMember(error)});
}

}  // namespace faasbatch::gateway
