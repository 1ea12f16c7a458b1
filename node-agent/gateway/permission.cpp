#include "node-agent/gateway/permission.h"

#include <string>

#include "lib/cluster/names.h"
#include "node-agent/gateway/problem.h"

namespace faasbatch::gateway {

std::optional<access::Permission> permissionFor(const Route& route, std::string_view method) {
  using cluster::kInvocationsSubresource;
  const std::string_view change = method == "DELETE" ? "delete" : method == "PUT" ? "update" : "get";
  switch (route.resource) {
    case Resource::kNone:
    case Resource::kHealthz:
    case Resource::kReadyz:
    case Resource::kMetrics:
      return std::nullopt;
    case Resource::kWorkflows:
      return access::Permission{"list", "", route.nameSpace, ""};
    case Resource::kWorkflow:
      return access::Permission{change, "", route.nameSpace, route.workflow};
    case Resource::kWorkflowInvocations:
    case Resource::kFunctionInvocations:
      return access::Permission{"create", kInvocationsSubresource, route.nameSpace, route.workflow};
    case Resource::kInvocations:
    case Resource::kInvocation:
    case Resource::kLogs:
      return access::Permission{change, kInvocationsSubresource, route.nameSpace, ""};
  }
  return std::nullopt;
}

net::Response refusal(const access::Denial& denial) {
  switch (denial.kind) {
    case access::Denial::Kind::kForbidden:
      return problem(403, "Forbidden", denial.message);
    case access::Denial::Kind::kUnavailable:
      return problem(503, "AccessUnavailable", denial.message);
    case access::Denial::Kind::kUnauthorized:
      break;
  }
  net::Response response = problem(401, "Unauthorized", denial.message);
  std::string challenge = R"(Bearer realm="faasbatch")";  // RFC 6750, section 3
  if (denial.tokenShown) challenge += R"(, error="invalid_token")";
  response.headers.add("WWW-Authenticate", std::move(challenge));
  return response;
}

}  // namespace faasbatch::gateway
