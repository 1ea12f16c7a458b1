#include "operator/manager/admin_service.h"

#include <memory>
#include <utility>

#include "operator/admin/route.h"

namespace faasbatch::manager {
namespace {

bool isLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

admin::Answer answerFrom(const AdminSource& source, bool open, const admin::Question& question) {
  const base::Result<std::string> secret = open ? std::string() : source.secret();
  if (!secret) return admin::problem(503, "NoPeerSecret", secret.error().message);
  const auto view = source.view();
  return admin::answer(question, *secret, view ? &*view : nullptr);
}

}  // namespace

base::Result<admin::Server> listenForAdmin(net::EventLoop& loop, const net::Endpoint& endpoint,
                                           AdminSource source) {
  auto shared = std::make_shared<const AdminSource>(std::move(source));
  const bool open = isLoopback(endpoint.host);
  return admin::Server::listen(
      endpoint.host, endpoint.port, [&loop, shared, open](admin::Question question, admin::Reply reply) {
        loop.post([shared, open, question = std::move(question), reply = std::move(reply)] {
          reply(answerFrom(*shared, open, question));
        });
      });
}

}  // namespace faasbatch::manager
