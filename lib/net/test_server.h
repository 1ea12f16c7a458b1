// A server on a loop of its own with answers that tests know, over TCP or a Unix socket.
#pragma once

#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>

#include "lib/base/ids.h"
#include "lib/net/loop_thread.h"
#include "lib/net/server.h"

namespace faasbatch::net {

inline Endpoint tcpLoopback() {
  return {.kind = Endpoint::Kind::kTcp, .host = "127.0.0.1", .port = 0, .path = {}};
}

inline Endpoint unixTemporary() {
  return {.kind = Endpoint::Kind::kUnix,
          .host = {},
          .port = 0,
          .path = "/tmp/" + base::newName("faasbatch-net") + ".sock"};
}

class TestServer {
 public:
  explicit TestServer(Server::Handler handler, ServerLimits limits = {},
                      const Endpoint& where = tcpLoopback()) {
    thread_.on([&] {
      auto server = Server::listen(thread_.loop(), where, limits, std::move(handler));
      if (server) server_ = std::move(*server);
    });
    if (server_) endpoint_ = server_->endpoint();
  }
  ~TestServer() { stop(); }

  // Destroys the server on its loop; connections close.
  void stop() {
    thread_.on([this] { server_ = nullptr; });
  }

  const Endpoint& endpoint() const { return endpoint_; }
  EventLoop& loop() { return thread_.loop(); }
  Server& server() { return *server_; }
  std::size_t connections() {
    return thread_.on([this] { return server_->connections(); });
  }
  template <class Task>
  auto on(Task task) {
    return thread_.on(std::move(task));
  }

 private:
  LoopThread thread_;
  std::unique_ptr<Server> server_;
  Endpoint endpoint_;
};

// Answers 200 with "METHOD TARGET BODY".
inline void echo(Request request, Responder responder) {
  Response response;
  response.headers.add("Content-Type", "text/plain");
  response.body = request.method + " " + request.target + " " + request.body;
  responder.send(std::move(response));
}

}  // namespace faasbatch::net
