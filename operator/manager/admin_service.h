// The admin API, answered out of what this operator knows.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "operator/admin/server.h"
#include "operator/admin/view.h"

namespace faasbatch::manager {

struct AdminSource {
  std::function<base::Result<std::string>()> secret;  // not asked for on a loopback address
  std::function<std::optional<admin::View>()> view;   // nothing: this operator does not lead
};

// Questions come in on threads of cpprestsdk and are answered on the loop's, where `source` is asked. Kind
// "ListenFailed". `loop` must outlive it, and not turn while it is destroyed elsewhere.
base::Result<admin::Server> listenForAdmin(net::EventLoop& loop, const net::Endpoint& endpoint,
                                           AdminSource source);

}  // namespace faasbatch::manager
