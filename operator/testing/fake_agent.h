// An agent's report as the operator sees it, served from a loopback port and written by a test.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "lib/cluster/report.h"
#include "lib/net/loop_thread.h"
#include "lib/net/server.h"
#include "lib/net/tls.h"

namespace faasbatch::operators::testing {

// Every method may be called from any thread.
class FakeAgent {
 public:
  // What a request for the report meets.
  enum class Mood { kWell, kRefuses, kGarbage, kSilent };

  explicit FakeAgent(std::string node, std::shared_ptr<net::TlsServerContext> tls = nullptr,
                     const std::string& host = "127.0.0.1");
  ~FakeAgent();
  FakeAgent(const FakeAgent&) = delete;
  FakeAgent& operator=(const FakeAgent&) = delete;

  std::uint16_t port() const { return port_; }
  const std::string& node() const { return node_; }

  // Changes the report; whoever waits for it is told.
  void change(const std::function<void(cluster::Report&)>& edit);
  // Reports that it serves the workflow as placed, instead of what it said of it before.
  void serve(cluster::WorkflowReport workflow);
  // Starts anew: another incarnation that serves nothing.
  void restart();
  void setMood(Mood mood);
  std::size_t requests();    // so far
  std::string lastSecret();  // that was shown

 private:
  struct Waiting {
    net::Responder responder;
    base::TimerId timer = 0;
  };
  void handle(const net::Request& request, net::Responder responder);
  void tell();
  void send(net::Responder& responder) const;

  std::string node_;
  net::LoopThread thread_;
  // On the loop's thread:
  std::unique_ptr<net::Server> server_;
  cluster::Report report_;
  std::list<Waiting> waiting_;
  std::list<net::Responder> silent_;
  Mood mood_ = Mood::kWell;
  std::size_t requests_ = 0;
  std::string secret_;
  std::uint16_t port_ = 0;
};

}  // namespace faasbatch::operators::testing
