// The agent's HTTP API as the commands use it: one call at a time, in turn.
#pragma once

#include <memory>
#include <string>

#include "cli/arguments.h"
#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/net/client.h"

namespace faasbatch::cli {

inline constexpr base::Duration kCallTime = std::chrono::seconds(30);
inline constexpr base::Duration kInvokeTime = std::chrono::hours(24);

class Api {
 public:
  explicit Api(const Arguments& arguments);
  ~Api();

  // `path` behind /v1/namespaces/NAMESPACE. Error: the server cannot be reached (the message names it and
  // says what to do).
  base::Result<net::Response> call(std::string method, const std::string& path, std::string body = "",
                                   net::Headers headers = {}, base::Duration time = kCallTime);

  // The same; an answer of 400 or more is an error, with the problem's text as its message.
  base::Result<net::Response> succeed(std::string method, const std::string& path, std::string body = "",
                                      net::Headers headers = {}, base::Duration time = kCallTime);

 private:
  std::string server_;
  std::string prefix_;
  std::unique_ptr<net::EventLoop> loop_;
  base::Result<std::unique_ptr<net::Client>> client_;
};

// One line of a problem answer: "WorkflowNotFound: there is no ...".
std::string problemText(const net::Response& response);

// One path segment, percent-encoded.
std::string segment(std::string_view name);

}  // namespace faasbatch::cli
