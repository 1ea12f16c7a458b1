#include "cli/api.h"

#include <cctype>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

namespace faasbatch::cli {
namespace {

constexpr std::size_t kMaxAnswerBytes = 256 << 20;

base::Result<std::unique_ptr<net::Client>> connect(net::EventLoop& loop, const std::string& server) {
  auto endpoint = net::Endpoint::parse(server);
  if (!endpoint) return base::fail("Usage", "--server " + server + ": " + endpoint.error().message);
  net::ClientOptions options;
  options.maxBodyBytes = kMaxAnswerBytes;
  return net::Client::make(loop, *endpoint, options);
}

}  // namespace

Api::Api(const Arguments& arguments)
    : server_(arguments.server),
      prefix_("/v1/namespaces/" + segment(arguments.nameSpace)),
      loop_(net::EventLoop::make()),
      client_(connect(*loop_, arguments.server)) {}

Api::~Api() = default;

base::Result<net::Response> Api::call(std::string method, const std::string& path, std::string body,
                                      net::Headers headers, base::Duration time) {
  if (!client_) return std::unexpected(client_.error());
  net::Request request{std::move(method), prefix_ + path, std::move(headers), std::move(body)};
  base::Result<net::Response> answer = base::fail("ConnectionLost", "no answer");
  (*client_)->call(std::move(request), loop_->now() + time, [this, &answer](base::Result<net::Response> got) {
    answer = std::move(got);
    loop_->stop();
  });
  loop_->run();
  if (!answer && answer.error().kind == "ConnectFailed") {
    return base::fail("ConnectFailed", "nothing answers at " + server_ +
                                           ": start `faasbatch dev`, or name the server with --server");
  }
  if (!answer) return base::fail(answer.error().kind, server_ + ": " + answer.error().message);
  return answer;
}

base::Result<net::Response> Api::succeed(std::string method, const std::string& path, std::string body,
                                         net::Headers headers, base::Duration time) {
  auto answer = call(std::move(method), path, std::move(body), std::move(headers), time);
  if (answer && answer->status >= 400) return base::fail("Problem", problemText(*answer));
  return answer;
}

std::string problemText(const net::Response& response) {
  const auto problem = nlohmann::json::parse(response.body, nullptr, false);
  if (!problem.is_object())
    return "HTTP " + std::to_string(response.status) + " " + response.body.substr(0, 200);
  std::string text = problem.value("reason", "") + ": " + problem.value("detail", "");
  if (problem.contains("errors") && problem["errors"].is_array()) {
    for (const auto& fault : problem["errors"]) {
      text += "\n  " + fault.value("path", "") + ": " + fault.value("message", "");
    }
  }
  return text;
}

std::string segment(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      char escaped[4];
      std::snprintf(escaped, sizeof escaped, "%%%02X", static_cast<unsigned char>(c));
      out += escaped;
    }
  }
  return out;
}

}  // namespace faasbatch::cli
