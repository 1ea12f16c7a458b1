// The HTTP API of agents, wherever it answers.
#pragma once

#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/net/http.h"

namespace faasbatch::cli {

inline constexpr std::size_t kMaxAnswerBytes = 256 << 20;

// One call at a time.
class Connection {
 public:
  virtual ~Connection() = default;
  // Waits for the answer, whatever its status. Errors say whom nothing was heard of and what to do.
  virtual base::Result<net::Response> call(const net::Request& request, base::Duration time) = 0;
};

// An agent at an IP address or a socket, spoken to in plain HTTP: "http://127.0.0.1:8080",
// "unix:/run/agent.sock". Kind "Usage" where it is none.
base::Result<std::unique_ptr<Connection>> connectDirectly(const std::string& address);

}  // namespace faasbatch::cli
