#include "node-agent/gateway/route.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "lib/net/http.h"

namespace faasbatch::gateway {
namespace {

constexpr std::size_t kMaxSegments = 9;

// What no name of anything has: one that had it could be taken for several, or for a line of a header.
bool isName(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSegmentBytes && text != "." && text != ".." &&
         std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '/'; });
}

// Decoded segments; nothing where one is no name or badly escaped.
std::optional<std::vector<std::string>> segments(std::string_view path) {
  std::vector<std::string> out;
  if (path.empty() || path.front() != '/') return std::nullopt;
  path.remove_prefix(1);
  while (true) {
    const auto slash = path.find('/');
    std::optional<std::string> segment = net::percentDecode(path.substr(0, slash));
    if (!segment || !isName(*segment) || out.size() == kMaxSegments) return std::nullopt;
    out.push_back(std::move(*segment));
    if (slash == std::string_view::npos) return out;
    path.remove_prefix(slash + 1);
  }
}

Route workflowRoute(std::vector<std::string>& parts) {
  Route route;
  route.nameSpace = std::move(parts[2]);
  if (parts.size() == 4) route.resource = Resource::kWorkflows;
  if (parts.size() >= 5) route.workflow = std::move(parts[4]);
  if (parts.size() == 5) route.resource = Resource::kWorkflow;
  if (parts.size() == 6 && parts[5] == "invocations") route.resource = Resource::kWorkflowInvocations;
  if (parts.size() == 8 && parts[5] == "functions" && parts[7] == "invocations") {
    route.resource = Resource::kFunctionInvocations;
    route.function = std::move(parts[6]);
  }
  return route;
}

Route invocationRoute(std::vector<std::string>& parts) {
  Route route;
  route.nameSpace = std::move(parts[2]);
  if (parts.size() == 4) route.resource = Resource::kInvocations;
  if (parts.size() >= 5) route.id = std::move(parts[4]);
  if (parts.size() == 5) route.resource = Resource::kInvocation;
  if (parts.size() == 6 && parts[5] == "logs") route.resource = Resource::kLogs;
  return route;
}

}  // namespace

Route parseRoute(std::string_view path) {
  if (path == "/healthz") return {Resource::kHealthz, {}, {}, {}, {}};
  if (path == "/readyz") return {Resource::kReadyz, {}, {}, {}, {}};
  if (path == "/metrics") return {Resource::kMetrics, {}, {}, {}, {}};
  if (path == "/v1/workflows") return {Resource::kWorkflows, {}, {}, {}, {}};
  if (path == "/v1/invocations") return {Resource::kInvocations, {}, {}, {}, {}};
  auto parts = segments(path);
  if (!parts || parts->size() < 4 || (*parts)[0] != "v1" || (*parts)[1] != "namespaces") return {};
  if ((*parts)[3] == "workflows") return workflowRoute(*parts);
  if ((*parts)[3] == "invocations") return invocationRoute(*parts);
  return {};
}

std::string_view allowedMethods(Resource resource) {
  switch (resource) {
    case Resource::kNone:
      return "";
    case Resource::kWorkflow:
      return "GET, HEAD, PUT, DELETE";
    case Resource::kWorkflowInvocations:
    case Resource::kFunctionInvocations:
      return "POST";
    case Resource::kInvocation:
      return "GET, HEAD, DELETE";
    default:
      return "GET, HEAD";
  }
}

bool allows(Resource resource, std::string_view method) {
  const std::string_view methods = allowedMethods(resource);
  const auto found = methods.find(method);
  if (method.empty() || found == std::string_view::npos) return false;
  const std::size_t end = found + method.size();
  return (found == 0 || methods[found - 1] == ' ') && (end == methods.size() || methods[end] == ',');
}

}  // namespace faasbatch::gateway
