#include "node-agent/agent/peer_parts.h"

#include <utility>

#include "node-agent/gateway/problem.h"

namespace faasbatch::agent {
namespace {

peers::LinkOptions linkOptions(const PeerSettings& settings) {
  peers::LinkOptions options;
  options.node = settings.node;
  options.secret = settings.secret;
  options.storeKept = settings.storeKept;
  options.tls = settings.tls;
  return options;
}

net::ProblemMaker problemMaker() {
  return [](int status, std::string_view reason, std::string_view detail) {
    return gateway::problem(status, reason, detail);
  };
}

}  // namespace

bool isOfThisMachine(const net::Endpoint& endpoint) {
  return endpoint.kind == net::Endpoint::Kind::kUnix || endpoint.host == "localhost" ||
         endpoint.host.starts_with("127.") || endpoint.host == "::1";
}

PeerParts::PeerParts(net::EventLoop& loop, telemetry::Registry& metrics, PeerSettings settings)
    : loop_(loop),
      settings_(std::move(settings)),
      peers_(loop, metrics, linkOptions(settings_)),
      keys_(loop, peers_),
      forwarder_(loop, peers_, metrics, [](const base::Error& error) { return gateway::problemOf(error); }),
      service_(peers_, settings_.secret) {
  peers_.setListener(this);
}

void PeerParts::serve(runs::Runs& runs, gateway::Gateway& gateway) {
  runs_ = &runs;
  const auto forwarded = [&gateway](net::Request request, net::Responder responder) {
    gateway.handleForwarded(std::move(request), std::move(responder));
  };
  on(std::string(forwarding::kGatewayPath), forwarded);
  calls_.emplace(loop_, forwarded, problemMaker());
  on(std::string(forwarding::kCallsPath), [this](const net::Request& request, net::Responder responder) {
    calls_->handle(request, std::move(responder));
  });
  on(std::string(forwarding::kKeysPath),
     [this, &runs](const net::Request& request, net::Responder responder) {
       keys_.answer(runs, request, std::move(responder));
     });
}

base::Result<void> PeerParts::listen(const std::string& address, std::shared_ptr<net::TlsServerContext> tls) {
  const auto endpoint = net::Endpoint::parse(address);
  if (!endpoint) return std::unexpected(endpoint.error());
  if (!tls && !isOfThisMachine(*endpoint)) {
    return base::fail("InvalidRequest", "the peer port " + address +
                                            " is not on this machine: without TLS it would show the secret");
  }
  net::ServerLimits limits;
  limits.maxBodyBytes = peers::kMaxRequestBytes;
  limits.maxBufferedBytes = forwarding::kMaxUnsentBytes;
  auto server = net::Server::listen(
      loop_, *endpoint, limits,
      [this](net::Request request, net::Responder responder) {
        service_.handle(std::move(request), std::move(responder));
      },
      problemMaker(), std::move(tls), [this](const net::Request& head) { return service_.refusal(head); });
  if (!server) return std::unexpected(server.error());
  server_ = std::move(*server);
  return {};
}

void PeerParts::on(std::string path, peers::PeerService::Handler handler) {
  service_.on(std::move(path), std::move(handler));
}

void PeerParts::onMessage(const std::string& from, peers::Message message) {
  if (runs_) runs_->peerListener().onMessage(from, std::move(message));
}

void PeerParts::onLost(const std::string& node, const peers::Loss& loss) {
  forwarder_.lost(node, loss.why);
  if (runs_) runs_->peerListener().onLost(node, loss);
}

void PeerParts::onUp(const std::string& node) {
  if (runs_) runs_->peerListener().onUp(node);
}

base::Result<std::vector<peers::PeerAddress>> readPeerOptions(const std::vector<std::string>& options) {
  std::vector<peers::PeerAddress> addresses;
  for (const std::string& option : options) {
    const auto equals = option.find('=');
    auto endpoint = net::Endpoint::parse(equals == std::string::npos ? "" : option.substr(equals + 1));
    if (equals == 0 || !endpoint) return base::fail("Usage", "--peer " + option + " is not NODE=HOST:PORT");
    addresses.push_back({option.substr(0, equals), std::move(*endpoint), true});
  }
  return addresses;
}

}  // namespace faasbatch::agent
