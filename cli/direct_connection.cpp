#include "cli/connection.h"
#include "lib/net/client.h"

namespace faasbatch::cli {
namespace {

class DirectConnection final : public Connection {
 public:
  DirectConnection(std::string address, const net::Endpoint& endpoint)
      : address_(std::move(address)),
        client_(net::Client::make(*loop_, endpoint, {.maxBodyBytes = kMaxAnswerBytes})) {}

  base::Result<net::Response> call(const net::Request& request, base::Duration time) override {
    base::Result<net::Response> answer = base::fail("ConnectionLost", "no answer");
    client_->call(request, loop_->now() + time, [this, &answer](base::Result<net::Response> got) {
      answer = std::move(got);
      loop_->stop();
    });
    loop_->run();
    if (!answer && answer.error().kind == "ConnectFailed") {
      return base::fail("ConnectFailed",
                        "nothing answers at " + address_ +
                            ": start `faasbatch dev`, name the server with --server, or call `kubectl "
                            "faasbatch` for a cluster");
    }
    if (!answer) return base::fail(answer.error().kind, address_ + ": " + answer.error().message);
    return answer;
  }

 private:
  std::string address_;
  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  std::unique_ptr<net::Client> client_;
};

}  // namespace

base::Result<std::unique_ptr<Connection>> connectDirectly(const std::string& address) {
  const auto endpoint = net::Endpoint::parse(address);
  if (!endpoint) return base::fail("Usage", "--server " + address + ": " + endpoint.error().message);
  return std::make_unique<DirectConnection>(address, *endpoint);
}

}  // namespace faasbatch::cli
