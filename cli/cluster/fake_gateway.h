// What the tests of this folder put in place of the gateway in a pod, and of kubectl: forwarding a port takes
// a kubelet, which is not here.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <string>
#include <vector>

#include "lib/net/loop_thread.h"
#include "lib/net/server.h"
#include "lib/net/test_certificates.h"
#include "lib/testing/temp_dir.h"

namespace faasbatch::cli {

// Serves TLS as faasbatch-gateway.NAMESPACE.svc, asks for client certificates of `clientCa`, and keeps what
// it was asked.
class FakeGateway {
 public:
  struct Seen {
    std::string request;  // "GET /path"
    std::string authorization;
    std::string user;  // of the client's certificate
    std::string body;
  };
  using Answer = std::function<net::Response(const net::Request&)>;

  explicit FakeGateway(const std::string& nameSpace, const std::string& clientCa = "", Answer answer = {})
      : answer_(std::move(answer)) {
    const auto pair = authority_.namedOnly("faasbatch-gateway." + nameSpace + ".svc");
    auto tls = net::TlsServerContext::make(
        {.certificatePem = pair.certificatePem, .keyPem = pair.keyPem, .clientCaPem = clientCa});
    thread_.on([&] {
      auto server = net::Server::listen(
          thread_.loop(), *net::Endpoint::parse("127.0.0.1:0"), {},
          [this](net::Request request, net::Responder responder) { handle(request, std::move(responder)); },
          nullptr, tls.value());
      server_ = std::move(*server);
      port_ = server_->endpoint().port;
    });
  }
  ~FakeGateway() {
    thread_.on([this] { server_ = nullptr; });
  }

  std::uint16_t port() const { return port_; }
  const std::string& caPem() const { return authority_.pem(); }
  std::vector<Seen> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void handle(const net::Request& request, net::Responder responder) {
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back({request.method + " " + request.target,
                       std::string(request.headers.find("Authorization").value_or("")),
                       request.peer ? request.peer->commonName : "", request.body});
    }
    responder.send(answer_ ? answer_(request) : net::Response{.body = "{}"});
  }

  net::TestAuthority authority_;
  Answer answer_;
  std::mutex mutex_;
  std::vector<Seen> seen_;
  std::uint16_t port_ = 0;
  std::unique_ptr<net::Server> server_;
  net::LoopThread thread_;
};

// A shell script that $KUBECTL names as long as this lives. It says that it forwards a port, of something
// that listens already, and waits.
class FakeKubectl {
 public:
  explicit FakeKubectl(std::uint16_t port) {
    says("Forwarding from 127.0.0.1:" + std::to_string(port) + " -> 8443");
  }
  ~FakeKubectl() { ::unsetenv("KUBECTL"); }

  void says(const std::string& line) { runs("echo 'Some words'; echo '" + line + "'; exec sleep 1000"); }
  // Each run first writes its process id and its arguments down.
  void runs(const std::string& script) {
    const std::string path = directory_.file("kubectl");
    std::ofstream(path) << "#!/bin/sh\necho \"$$ $*\" >> '" << directory_.file("calls") << "'\n"
                        << script << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    ::setenv("KUBECTL", path.c_str(), 1);
  }
  std::string path() const { return directory_.file("kubectl"); }

  struct Call {
    pid_t pid = 0;
    std::string arguments;
  };
  std::vector<Call> calls() const {
    std::ifstream file(directory_.file("calls"));
    std::vector<Call> all;
    for (Call call; file >> call.pid && std::getline(file >> std::ws, call.arguments);) all.push_back(call);
    return all;
  }

 private:
  testing::TempDir directory_;
};

}  // namespace faasbatch::cli
