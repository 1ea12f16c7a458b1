// The workflows resource.
#include <memory>
#include <utility>

#include "node-agent/gateway/gateway.h"
#include "node-agent/gateway/media.h"
#include "node-agent/gateway/problem.h"
#include "node-agent/gateway/warning_header.h"

namespace faasbatch::gateway {
namespace {

net::Response notFound(const Route& route) {
  return problem(404, "WorkflowNotFound",
                 "there is no workflow \"" + route.workflow + "\" in namespace \"" + route.nameSpace + "\"");
}

// Who wrote past the API server would write past admission and its permissions.
net::Response useKubectl(const Route& route, std::string_view command) {
  std::string detail = "in a cluster workflows are changed through the API server: kubectl ";
  detail.append(command).append(" -n ").append(route.nameSpace);
  net::Response response = problem(405, "MethodNotAllowed", detail);
  response.headers.add("Allow", "GET, HEAD");
  return response;
}

}  // namespace

// What the API server has, as it has it.
void Gateway::readWorkflows(const Route& route, net::Responder responder) {
  directory_->read(route.nameSpace, route.workflow,
                   [responder = std::move(responder)](base::Result<std::string> text) mutable {
                     responder.send(text ? jsonResponse(200, std::move(*text)) : problemOf(text.error()));
                   });
}

void Gateway::putWorkflow(const Route& route, net::Request& request, net::Responder responder) {
  if (directory_ != nullptr) return responder.send(useKubectl(route, "apply -f FILE"));
  if (auto refused = refusedEncoding(request.headers)) return responder.send(std::move(*refused));
  if (const auto type = request.headers.find("Content-Type"); type && !isManifestMedia(*type)) {
    return responder.send(unsupportedMedia(
        "Accept", "application/yaml, application/json",
        "the manifest is " + std::string(*type) + ": send application/yaml or application/json"));
  }
  auto shared = std::make_shared<net::Responder>(std::move(responder));
  workflows_.apply(request.body, route.nameSpace, route.workflow,
                   [shared](std::expected<runs::AppliedWorkflow, runs::ApplyError> applied) {
                     if (applied) {
                       net::Response response = jsonResponse(applied->created ? 201 : 200, applied->object);
                       addWarnings(response.headers, applied->warnings);
                       return shared->send(std::move(response));
                     }
                     if (applied.error().error) return shared->send(problemOf(*applied.error().error));
                     shared->send(invalidWorkflow(applied.error().faults));
                   });
}

void Gateway::deleteWorkflow(const Route& route, net::Responder responder) {
  if (directory_ != nullptr)
    return responder.send(useKubectl(route, "delete functionworkflow " + route.workflow));
  const runs::AppliedWorkflow* found = workflows_.find(route.nameSpace, route.workflow);
  if (!found) return responder.send(notFound(route));
  auto shared = std::make_shared<net::Responder>(std::move(responder));
  workflows_.remove(route.nameSpace, route.workflow,
                    [shared, object = found->object](base::Result<void> kept) {
                      if (!kept) return shared->send(problemOf(kept.error()));
                      shared->send(jsonResponse(200, object));
                    });
}

void Gateway::getWorkflow(const Route& route, net::Responder responder) {
  if (directory_ != nullptr) return readWorkflows(route, std::move(responder));
  const runs::AppliedWorkflow* found = workflows_.find(route.nameSpace, route.workflow);
  responder.send(found ? jsonResponse(200, found->object) : notFound(route));
}

void Gateway::listWorkflows(const Route& route, net::Responder responder) {
  if (directory_ != nullptr) return readWorkflows(route, std::move(responder));
  std::string body = R"({"apiVersion":"faasbatch.io/v1alpha1","kind":"FunctionWorkflowList","items":[)";
  bool first = true;
  const bool everywhere = route.nameSpace.empty();
  for (const runs::AppliedWorkflow* workflow :
       everywhere ? workflows_.listAll() : workflows_.list(route.nameSpace)) {
    if (!std::exchange(first, false)) body += ',';
    body += workflow->object;
  }
  responder.send(jsonResponse(200, body + "]}"));
}

}  // namespace faasbatch::gateway
