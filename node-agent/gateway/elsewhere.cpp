// Where there are several agents: requests that another one has to answer, or all of them.
#include <memory>
#include <utility>

#include "node-agent/gateway/gateway.h"
#include "node-agent/gateway/problem.h"
#include "node-agent/runs/key_peers.h"

namespace faasbatch::gateway {

void Gateway::handleForwarded(net::Request request, net::Responder responder) {
  request.target.erase(0, forwarding::kGatewayPath.size());
  const Route route = parseRoute(request.path());
  if (isServed(route, request, responder)) serve(route, std::move(request), std::move(responder));
}

void Gateway::pass(const Route& route, net::Request request, net::Responder responder) {
  if (!elsewhere_) return serve(route, std::move(request), std::move(responder));
  forwarding::Forwarder& forwarder = elsewhere_->forwarder;
  switch (route.resource) {
    case Resource::kWorkflowInvocations:
    case Resource::kFunctionInvocations:
      return passCall(route, std::move(request), std::move(responder));
    case Resource::kInvocations:
      return listEverywhere(route, request, std::move(responder));
    case Resource::kInvocation:
    case Resource::kLogs:
      return passTo(forwarding::forInvocation(route.id, forwarder.node(), forwarder.others()), route,
                    std::move(request), std::move(responder));
    default:
      return serve(route, std::move(request), std::move(responder));
  }
}

void Gateway::passCall(const Route& route, net::Request request, net::Responder responder) {
  runs::Directory& directory = elsewhere_->directory;
  if (const runs::DirectoryEntry* entry = directory.find(route.nameSpace, route.workflow)) {
    const auto placement = entry->placement;
    return passCall(route, placement.get(), std::move(request), std::move(responder));
  }
  directory.lookUp(route.nameSpace, route.workflow,
                   [this, route, request = std::move(request),
                    responder = std::move(responder)](base::Result<runs::DirectoryEntry> entry) mutable {
                     if (!entry) return responder.send(problemOf(entry.error()));
                     passCall(route, entry->placement.get(), std::move(request), std::move(responder));
                   });
}

void Gateway::passCall(const Route& route, const cluster::Placement* placement, net::Request request,
                       net::Responder responder) {
  const std::string& self = elsewhere_->forwarder.node();
  const auto key = request.headers.find("Idempotency-Key");
  if (!key && route.resource == Resource::kFunctionInvocations) {
    const runs::AppliedWorkflow* known = workflows_.find(route.nameSpace, route.workflow);
    const auto steps =
        known ? forwarding::stepsThatCall(*known->plan, route.function) : std::vector<std::size_t>();
    return passTo(forwarding::forFunction(placement, self, steps, turn_++), route, std::move(request),
                  std::move(responder));
  }
  if (!key) {
    return passTo(forwarding::forCall(placement, self, turn_++), route, std::move(request),
                  std::move(responder));
  }
  const runs::KeyName name{route.nameSpace, route.workflow, route.function, std::string(*key)};
  passTo(forwarding::forKey(placement, self, name.joined()), route, std::move(request), std::move(responder));
}

void Gateway::passTo(forwarding::Candidates candidates, const Route& route, net::Request request,
                     net::Responder responder) {
  forwarding::Forwarder& forwarder = elsewhere_->forwarder;
  if (candidates.front() == forwarder.node()) return serve(route, std::move(request), std::move(responder));
  forwarder.pass(std::move(candidates), std::move(request), std::move(responder),
                 [this, route](net::Request mine, net::Responder caller) {
                   serve(route, std::move(mine), std::move(caller));
                 });
}

}  // namespace faasbatch::gateway
