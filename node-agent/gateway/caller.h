// Who a request says that it is from.
#pragma once

#include <expected>

#include "lib/net/http.h"
#include "node-agent/access/user.h"

namespace faasbatch::gateway {

// The request's credential, which keeps pointing into the request; or the answer to a request that nobody
// should send: with several Authorization headers, of which anybody on the way may have read another one than
// we do, or with an Impersonate- header, as who is taken for somebody else than it asked to be may do more
// than it thinks. A certificate that names nobody is none. Pure.
std::expected<access::Credential, net::Response> callerOf(const net::Request& request);

}  // namespace faasbatch::gateway
