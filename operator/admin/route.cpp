#include "operator/admin/route.h"

#include <optional>

#include "lib/crypto/digest.h"

namespace faasbatch::admin {
namespace {

constexpr std::string_view kOne = "/v1/workflows/";
constexpr std::string_view kBearer = "Bearer ";

bool shows(std::string_view authorization, const std::string& secret) {
  return authorization.starts_with(kBearer) &&
         crypto::equalSecrets(authorization.substr(kBearer.size()), secret);
}

std::optional<kube::ObjectKey> workflowIn(std::string_view path) {
  if (!path.starts_with(kOne)) return std::nullopt;
  path.remove_prefix(kOne.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return kube::ObjectKey{std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

}  // namespace

Answer answer(const Question& question, const std::string& secret, const View* view) {
  if (!secret.empty() && !shows(question.authorization, secret))
    return problem(401, "Unauthorized",
                   "show what Secret faasbatch-peers holds as Authorization: Bearer ...");
  if (question.method != "GET") return problem(405, "MethodNotAllowed", "the admin API is read-only: GET");
  const auto workflow = workflowIn(question.path);
  const bool all = question.path == "/v1/workflows";
  const bool placement = question.path == "/v1/placement";
  if (!workflow && !all && !placement && question.path != "/v1/nodes") {
    return problem(404, "NotFound",
                   "there are /v1/workflows, /v1/workflows/NAMESPACE/NAME, /v1/placement and /v1/nodes");
  }
  if (view == nullptr)
    return problem(503, "NotLeading", "this operator does not lead, or has just begun to: ask another one");
  if (workflow) {
    auto status = workflowJson(*view, *workflow);
    if (status) return {.body = std::move(*status)};
    return problem(404, "WorkflowNotFound", "there is no FunctionWorkflow " + workflow->describe());
  }
  return {.body = all ? workflowsJson(*view) : placement ? placementJson(*view) : nodesJson(*view)};
}

}  // namespace faasbatch::admin
