#include "runtime/supervisor/problem.h"

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "lib/json/write.h"
#include "lib/net/write_message.h"

namespace faasbatch::supervisor {

net::Response problem(int status, std::string_view reason, std::string_view detail,
                      const std::optional<protocol::CallError>& error) {
  net::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/problem+json");
  if (status == 503) response.headers.add("Retry-After", "1");
  json::Object object(response.body);
  object.text("type", "about:blank")
      .text("title", net::reasonPhrase(status))
      .number("status", static_cast<std::int64_t>(status));
  object.text("detail", detail).text("reason", reason);
  if (error) protocol::appendError(object.key("error"), *error);
  object.end();
  return response;
}

int statusOf(std::string_view reason) {
  static constexpr std::array<std::pair<std::string_view, int>, 9> kStatuses{{{"InvalidRequest", 400},
                                                                              {"Unauthorized", 401},
                                                                              {"NotFound", 404},
                                                                              {"MethodNotAllowed", 405},
                                                                              {"NotInitialised", 409},
                                                                              {"AlreadyInitialised", 409},
                                                                              {"LoadFailed", 422},
                                                                              {"Draining", 503},
                                                                              {"QueueFull", 503}}};
  for (const auto& [name, status] : kStatuses) {
    if (name == reason) return status;
  }
  return 500;
}

}  // namespace faasbatch::supervisor
