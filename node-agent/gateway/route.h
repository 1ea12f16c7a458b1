// Which resource a path names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace faasbatch::gateway {

enum class Resource {
  kNone,
  kHealthz,
  kReadyz,
  kMetrics,
  kWorkflows,            // /v1/namespaces/{ns}/workflows, /v1/workflows
  kWorkflow,             // .../workflows/{wf}
  kWorkflowInvocations,  // .../workflows/{wf}/invocations
  kFunctionInvocations,  // .../workflows/{wf}/functions/{fn}/invocations
  kInvocations,          // /v1/namespaces/{ns}/invocations, /v1/invocations
  kInvocation,           // .../invocations/{id}
  kLogs,                 // .../invocations/{id}/logs
};

struct Route {
  Resource resource = Resource::kNone;
  std::string nameSpace;  // empty: all
  std::string workflow;
  std::string function;
  std::string id;
};

inline constexpr std::size_t kMaxSegmentBytes = 253;  // as the longest name in Kubernetes

// Pure. Segments are percent-decoded; a bad escape is kNone, and so is a name that is empty, too long, "." or
// "..", or has a '/' or a control character.
Route parseRoute(std::string_view path);

// "GET, POST": what the resource supports, for Allow.
std::string_view allowedMethods(Resource resource);
bool allows(Resource resource, std::string_view method);

}  // namespace faasbatch::gateway
