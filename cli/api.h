// What the commands talk to: an agent at an address, or the gateway and the API server of a cluster.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "cli/connection.h"
#include "cli/workflows.h"
#include "lib/base/error.h"
#include "lib/base/time.h"

namespace faasbatch::cli {

inline constexpr base::Duration kCallTime = std::chrono::seconds(30);
inline constexpr base::Duration kInvokeTime = std::chrono::hours(24);

class Api {
 public:
  // Nothing is asked yet. Kinds "Usage", those of a kubeconfig.
  static base::Result<std::unique_ptr<Api>> open(const Arguments& arguments);
  virtual ~Api() = default;

  // The HTTP API. `path` behind /v1/namespaces/NAMESPACE. Error: it cannot be reached (the message names it
  // and says what to do).
  base::Result<net::Response> call(std::string method, const std::string& path, std::string body = "",
                                   net::Headers headers = {}, base::Duration time = kCallTime);

  // The same; an answer of 400 or more is an error of kind "Problem", "NotFound" where it is 404, with the
  // problem's text as its message.
  base::Result<net::Response> succeed(std::string method, const std::string& path, std::string body = "",
                                      net::Headers headers = {}, base::Duration time = kCallTime);

  // The same in another namespace.
  base::Result<net::Response> succeedIn(std::string_view nameSpace, std::string method,
                                        const std::string& path, std::string body, net::Headers headers);

  // GET of what all namespaces have: `path` behind /v1. Otherwise as succeed().
  base::Result<net::Response> everywhere(const std::string& path);

  // problemText(), and after a 401 how to say who one is.
  std::string problemOf(const net::Response& answer) const;

  virtual Workflows& workflows() = 0;
  virtual const std::string& nameSpace() const = 0;

 protected:
  virtual Connection& connection() = 0;
  virtual std::string_view whoHint() const = 0;

 private:
  base::Result<net::Response> orProblem(base::Result<net::Response> answer) const;
  base::Result<net::Response> send(net::Request request, base::Duration time);
};

// One line of a problem answer: "WorkflowNotFound: there is no ...".
std::string problemText(const net::Response& response);

// One path segment, percent-encoded.
std::string segment(std::string_view name);

}  // namespace faasbatch::cli
