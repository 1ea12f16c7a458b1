// A server on a loop of its own with answers that tests know.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "lib/net/loop_thread.h"
#include "lib/net/server.h"
#include "lib/net/test_wire.h"

namespace faasbatch::net {

class TestServer {
 public:
  // `tls`: another than that of all tests.
  explicit TestServer(Server::Handler handler, ServerLimits limits = {}, const Address& where = tcpLoopback(),
                      std::shared_ptr<TlsServerContext> tls = nullptr,
                      Server::Admission admission = nullptr) {
    if (where.tls && !tls) tls = TestTls::get().server;
    const bool withTls = tls != nullptr;
    thread_.on([&] {
      auto server = Server::listen(thread_.loop(), where, limits, std::move(handler), nullptr, std::move(tls),
                                   std::move(admission));
      if (server) server_ = std::move(*server);
    });
    if (server_) endpoint_ = {server_->endpoint(), withTls};
  }
  ~TestServer() { stop(); }

  // Destroys the server on its loop; connections close.
  void stop() {
    thread_.on([this] { server_ = nullptr; });
  }

  const Address& endpoint() const { return endpoint_; }
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
  Address endpoint_;
};

// Answers 200 with "METHOD TARGET BODY".
inline void echo(Request request, Responder responder) {
  Response response;
  response.headers.add("Content-Type", "text/plain");
  response.body = request.method + " " + request.target + " " + request.body;
  responder.send(std::move(response));
}

}  // namespace faasbatch::net
