// The HTTP API of the agent (contract, section 2; docs/http-api.md).
#pragma once

#include <cstdint>
#include <optional>

#include "lib/net/server.h"
#include "lib/telemetry/metrics.h"
#include "node-agent/access/guard.h"
#include "node-agent/forwarding/forwarder.h"
#include "node-agent/gateway/route.h"
#include "node-agent/runs/directory.h"
#include "node-agent/runs/runs.h"
#include "node-agent/runs/workflows.h"

namespace faasbatch::gateway {

// Names of namespaces and workflows are DNS-1123 labels and subdomains; a key is at most this long.
inline constexpr std::size_t kMaxIdempotencyKeyBytes = 255;
inline constexpr std::size_t kMaxListLimit = 500;
inline constexpr std::size_t kDefaultListLimit = 100;

// Where there are other agents.
struct Elsewhere {
  runs::Directory& directory;
  forwarding::Forwarder& forwarder;
};

// Loop thread only. Everything given must outlive it and its answers.
class Gateway {
 public:
  Gateway(net::EventLoop& loop, runs::Workflows& workflows, runs::Runs& runs, journal::Journal& journal,
          telemetry::Registry& metrics)
      : loop_(loop), workflows_(workflows), runs_(runs), journal_(journal), metrics_(metrics) {}

  // In a cluster: workflows are the API server's, changed with kubectl, and asked for of `directory` where
  // they are not here. Before the first request, as guardedBy().
  void setDirectory(runs::Directory& directory) { directory_ = &directory; }
  // Callers need a permission for what they ask; without a guard everybody may do everything.
  void guardedBy(access::Guard& guard) { guard_ = &guard; }

  // What belongs to another agent is answered there (docs/cluster.md). Before the first request.
  void setElsewhere(const Elsewhere& elsewhere) { elsewhere_.emplace(elsewhere); }

  // Pages of others are refused (pages.h): where there is no guard. Before the first request.
  void refusePages(bool onLoopback) { pages_ = onLoopback; }

  void handle(net::Request request, net::Responder responder);
  // Of another agent, which has checked the caller's permission and chosen this one: the target still has
  // forwarding::kGatewayPath before it.
  void handleForwarded(net::Request request, net::Responder responder);

  // From now on /readyz says 503, so that no new work is sent here.
  void setDraining() { draining_ = true; }

 private:
  // False: there is no such resource or method, and this has been answered.
  static bool isServed(const Route& route, const net::Request& request, net::Responder& responder);
  // Has the agents answer that have to, or this one.
  void pass(const Route& route, net::Request request, net::Responder responder);
  void passCall(const Route& route, net::Request request, net::Responder responder);
  void passCall(const Route& route, const cluster::Placement* placement, net::Request request,
                net::Responder responder);
  void passTo(forwarding::Candidates candidates, const Route& route, net::Request request,
              net::Responder responder);
  // Answers with what this agent has.
  void serve(const Route& route, net::Request request, net::Responder responder);
  void begin(const Route& route, runs::Invocation invocation, runs::InvokeCallbacks callbacks);
  void readWorkflows(const Route& route, net::Responder responder);
  void invoke(const Route& route, net::Request& request, net::Responder responder);
  void putWorkflow(const Route& route, net::Request& request, net::Responder responder);
  void deleteWorkflow(const Route& route, net::Responder responder);
  void getWorkflow(const Route& route, net::Responder responder);
  void listWorkflows(const Route& route, net::Responder responder);
  void getInvocation(const Route& route, const net::Request& request, net::Responder responder);
  void sendRecord(const Route& route, net::Responder responder);
  void listEverywhere(const Route& route, const net::Request& request, net::Responder responder);
  void listInvocations(const Route& route, const net::Request& request, net::Responder responder);
  void cancelInvocation(const Route& route, net::Responder responder);
  void getLogs(const Route& route, net::Responder responder);
  void getReady(net::Responder responder);

  net::EventLoop& loop_;
  runs::Workflows& workflows_;
  runs::Runs& runs_;
  journal::Journal& journal_;
  telemetry::Registry& metrics_;
  runs::Directory* directory_ = nullptr;
  access::Guard* guard_ = nullptr;
  std::optional<bool> pages_;  // they are refused, and whether this machine alone is listened to
  std::optional<Elsewhere> elsewhere_;
  std::uint32_t turn_ = 0;  // of calls that are passed on, so that replicas take them in turn
  bool draining_ = false;
};

net::Response jsonResponse(int status, std::string body);
net::Response metricsResponse(const telemetry::Registry& metrics);

}  // namespace faasbatch::gateway
