#include "runtime/multiplexer/agent_backend.h"

#include <cstdio>
#include <utility>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/net/client.h"
#include "lib/net/http.h"
#include "runtime/multiplexer/store_message.h"

namespace faasbatch::multiplexer {
namespace {

constexpr std::size_t kMaxConnections = 8;
constexpr const char* kTypeHeader = "Faasbatch-Value-Type";

class AgentBackend final : public Backend {
 public:
  AgentBackend(net::EventLoop& loop, const net::Endpoint& endpoint, const std::string& token)
      : name_("the agent's store at " + endpoint.describe()),
        client_(net::Client::make(loop, endpoint, options(token))) {}

  void run(StoreRequest request, base::Instant deadline, Done done) override {
    net::Request http;
    http.target = "/v1/store/" + net::percentEncode(request.key);
    http.method = "GET";
    if (request.op == StoreRequest::Op::kDelete) http.method = "DELETE";
    if (request.op == StoreRequest::Op::kPut) {
      http.method = "PUT";
      http.headers.add(kTypeHeader, request.isJson ? "json" : "bytes");
      if (request.ttlSeconds > 0) http.headers.add("Faasbatch-Ttl", seconds(request.ttlSeconds));
      http.body = std::move(request.value);
    }
    client_->call(
        std::move(http), deadline,
        [this, op = request.op, done = std::move(done)](base::Result<net::Response> response) mutable {
          done(answer(op, std::move(response)));
        },
        true);
  }

  // The client keeps its connections to itself: one that answers counts.
  ConnectionCounts counts() const override { return counts_; }

 private:
  static net::ClientOptions options(const std::string& token) {
    net::ClientOptions options;
    if (!token.empty()) options.headers.add("Authorization", "Bearer " + token);
    options.maxConnections = kMaxConnections;
    options.maxWaiting = kMaxInFlight;
    options.maxBodyBytes = kMaxMessageBytes;
    return options;
  }

  static std::string seconds(double ttl) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", ttl);
    return text;
  }

  base::Result<StoreAnswer> answer(StoreRequest::Op op, base::Result<net::Response> response) {
    if (!response) {
      ++counts_.failed;
      counts_.open = 0;
      return base::fail("StoreUnavailable", name_ + ": " + response.error().message);
    }
    if (counts_.open == 0) ++counts_.opened;
    counts_.open = 1;
    if (response->status == 404 && op != StoreRequest::Op::kPut) return StoreAnswer{};
    if (response->status < 200 || response->status > 299) return refusal(*response);
    StoreAnswer result;
    if (op != StoreRequest::Op::kGet) return result;
    result.found = true;
    result.isJson = response->headers.find(kTypeHeader).value_or("json") != "bytes";
    result.value = std::move(response->body);
    return result;
  }

  // The agent's own word on what is wrong with the request, or that it does not do its work.
  std::unexpected<base::Error> refusal(const net::Response& response) const {
    const auto members =
        json::check(response.body) ? json::members(response.body) : base::fail("InvalidJson", "no problem");
    const auto text = [&members](std::string_view key) {
      return members ? json::asString(json::find(*members, key).value_or("\"\"")).value_or("") : "";
    };
    constexpr int kTooLarge = 413;
    if (response.status == kTooLarge) return base::fail("ValueTooLarge", name_ + ": " + text("detail"));
    if (text("reason") == "InvalidKey") return base::fail("InvalidKey", name_ + ": " + text("detail"));
    return base::fail("StoreUnavailable", name_ + " answered " + std::to_string(response.status));
  }

  std::string name_;
  ConnectionCounts counts_;
  std::unique_ptr<net::Client> client_;  // last: its end calls back
};

}  // namespace

base::Result<std::unique_ptr<Backend>> makeAgent(net::EventLoop& loop, const std::string& url,
                                                 const std::string& token) {
  auto endpoint = net::Endpoint::parse(url);
  if (!endpoint) return base::fail("StoreUnavailable", "store.url: " + endpoint.error().message);
  return std::make_unique<AgentBackend>(loop, *endpoint, token);
}

}  // namespace faasbatch::multiplexer
