#include "operator/admin/server.h"

#include <utility>

namespace faasbatch::admin {
namespace {

constexpr auto kEveryAddress = "0.0.0.0";  // "*" is only the loopback interface to cpprestsdk

}  // namespace

base::Result<Server> Server::listen(const std::string& address, std::uint16_t port, Ask ask) {
  const std::string host = address.empty() ? kEveryAddress : address;
  std::string why;
  auto listener = Listener::listen(host, port, std::move(ask), why);
  if (listener) return Server(std::move(listener));
  return base::fail("ListenFailed",
                    "the admin API cannot listen on " + host + ":" + std::to_string(port) + ": " + why);
}

}  // namespace faasbatch::admin
