#include "cli/api.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/cluster/api_server.h"
#include "cli/cluster/cluster_workflows.h"
#include "cli/cluster/gateway_connection.h"
#include "cli/cluster_arguments.h"
#include "cli/server_connection.h"
#include "cli/server_workflows.h"

namespace faasbatch::cli {
namespace {

class ServerApi final : public Api {
 public:
  ServerApi(std::unique_ptr<Connection> connection, const Arguments& arguments)
      : secure_(isSecure(arguments.server)),
        connection_(std::move(connection)),
        nameSpace_(arguments.nameSpace.empty() ? "default" : arguments.nameSpace),
        workflows_(serverWorkflows(*this, !arguments.nameSpace.empty())) {}

  Workflows& workflows() override { return *workflows_; }
  const std::string& nameSpace() const override { return nameSpace_; }

 protected:
  Connection& connection() override { return *connection_; }
  std::string_view whoHint() const override {
    return secure_ ? "say who you are with --token-file FILE, FAASBATCH_TOKEN, or --client-certificate and "
                     "--client-key"
                   : "a credential goes over https:// only: call it so, with --token-file FILE";
  }

 private:
  bool secure_;
  std::unique_ptr<Connection> connection_;
  std::string nameSpace_;
  std::unique_ptr<Workflows> workflows_;
};

class ClusterApi final : public Api {
 public:
  // `gateway`: nullptr: it is looked for.
  ClusterApi(std::unique_ptr<ApiServer> server, std::unique_ptr<Connection> gateway, const Arguments& a)
      : server_(std::move(server)),
        workflows_(clusterWorkflows(*server_, {.nameSpace = server_->access().nameSpace,
                                               .nameSpaceGiven = !a.nameSpace.empty(),
                                               .dryRun = a.dryRun,
                                               .forceConflicts = a.forceConflicts})),
        gateway_(std::move(gateway)) {
    if (!gateway_) gateway_ = GatewayConnection::make(*server_, gatewayOptions(a));
  }

  Workflows& workflows() override { return *workflows_; }
  const std::string& nameSpace() const override { return server_->access().nameSpace; }

 protected:
  Connection& connection() override { return *gateway_; }
  std::string_view whoHint() const override {
    return "the gateway does not take your kubeconfig's user: log in again, or see `kubectl faasbatch check`";
  }

 private:
  std::unique_ptr<ApiServer> server_;
  std::unique_ptr<Workflows> workflows_;
  std::unique_ptr<Connection> gateway_;
};

std::string pathIn(std::string_view nameSpace, const std::string& path) {
  return "/v1/namespaces/" + segment(nameSpace) + path;
}

}  // namespace

base::Result<std::unique_ptr<Api>> Api::open(const Arguments& arguments) {
  if (!arguments.cluster) {
    auto connection = connectToServer(arguments);
    if (!connection) return std::unexpected(std::move(connection.error()));
    return std::make_unique<ServerApi>(std::move(*connection), arguments);
  }
  auto server = ApiServer::connect(kubeconfigOptions(arguments));
  if (!server) return std::unexpected(std::move(server.error()));
  std::unique_ptr<Connection> gateway;
  if (arguments.gatewayNamed) {
    const kube::Access& user = (*server)->access();
    auto named =
        connectToServer((*server)->loop(), arguments, {.certificate = user.certificate, .token = user.token});
    if (!named) return std::unexpected(std::move(named.error()));
    gateway = std::move(*named);
  }
  return std::make_unique<ClusterApi>(std::move(*server), std::move(gateway), arguments);
}

base::Result<net::Response> Api::call(std::string method, const std::string& path, std::string body,
                                      net::Headers headers, base::Duration time) {
  return send({std::move(method), pathIn(nameSpace(), path), std::move(headers), std::move(body)}, time);
}

base::Result<net::Response> Api::succeedIn(std::string_view nameSpace, std::string method,
                                           const std::string& path, std::string body, net::Headers headers) {
  return orProblem(
      send({std::move(method), pathIn(nameSpace, path), std::move(headers), std::move(body)}, kCallTime));
}

base::Result<net::Response> Api::send(net::Request request, base::Duration time) {
  auto answer = connection().call(request, time);
  if (!answer || answer->status < 300 || answer->status >= 400) return answer;
  return base::fail("Redirected", "the server redirects to " +
                                      std::string(answer->headers.find("Location").value_or("nowhere")) +
                                      ": give the address it names as --server");
}

base::Result<net::Response> Api::succeed(std::string method, const std::string& path, std::string body,
                                         net::Headers headers, base::Duration time) {
  return orProblem(call(std::move(method), path, std::move(body), std::move(headers), time));
}

base::Result<net::Response> Api::orProblem(base::Result<net::Response> answer) const {
  if (!answer || answer->status < 400) return answer;
  return base::fail(answer->status == 404 ? "NotFound" : "Problem", problemOf(*answer));
}

std::string Api::problemOf(const net::Response& answer) const {
  std::string text = problemText(answer);
  if (answer.status == 401) text.append(" (").append(whoHint()).append(")");
  return text;
}

base::Result<net::Response> Api::everywhere(const std::string& path) {
  return orProblem(send({"GET", "/v1" + path, {}, ""}, kCallTime));
}

namespace {

// Of a proxy in between, or of another server.
std::string foreignAnswer(const net::Response& response) {
  constexpr std::size_t kMost = 200;
  std::string text = "HTTP " + std::to_string(response.status);
  const std::string line = response.body.substr(0, std::min(response.body.find('\n'), kMost));
  if (!line.empty() && line.front() != '<') text += " \"" + line + "\"";
  return text + ", not of a FaaSBatch gateway: is --server right, and does the gateway behind it run?";
}

}  // namespace

std::string problemText(const net::Response& response) {
  const auto problem = nlohmann::json::parse(response.body, nullptr, false);
  if (!problem.is_object()) return foreignAnswer(response);
  std::string text = problem.value("reason", "") + ": " + problem.value("detail", "");
  if (problem.contains("errors") && problem["errors"].is_array()) {
    for (const auto& fault : problem["errors"]) {
      text += "\n  " + fault.value("path", "") + ": " + fault.value("message", "");
    }
  }
  return text;
}

std::string segment(std::string_view name) { return net::percentEncode(name); }

}  // namespace faasbatch::cli
