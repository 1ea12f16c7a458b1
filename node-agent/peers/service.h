// What an agent answers other agents and the operator, on the peer port.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "lib/net/server.h"
#include "node-agent/peers/peers.h"

namespace faasbatch::peers {

inline constexpr std::size_t kMaxRequestBytes = kMaxBodyBytes;

// Only those who show the secret are answered: others get 401, and a line in the log names where they are
// from. Loop thread only.
class PeerService {
 public:
  using Handler = std::function<void(net::Request, net::Responder)>;
  PeerService(Peers& peers, std::string secret) : peers_(peers), secret_(std::move(secret)) {}

  // Answers requests whose path is `path`, or lies below it. The request is given as it came.
  void on(std::string path, Handler handler) { handlers_[std::move(path)] = std::move(handler); }
  // 401 to those who do not show the secret, by the head alone; nothing for those who do.
  std::optional<net::Response> refusal(const net::Request& head) const;
  void handle(net::Request request, net::Responder responder);

 private:
  void messages(net::Request& request, net::Responder& responder);
  net::Response answer(int status, std::string body = "") const;

  Peers& peers_;
  std::string secret_;
  std::map<std::string, Handler> handlers_;
  base::Instant warnedAt_{0};
};

}  // namespace faasbatch::peers
