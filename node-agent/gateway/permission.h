// What a caller must be allowed for a request (docs/cluster.md, "Who may call").
#pragma once

#include <optional>
#include <string_view>

#include "lib/net/http.h"
#include "node-agent/access/guard.h"
#include "node-agent/gateway/route.h"

namespace faasbatch::gateway {

// Nothing: everybody may (health).
//
//   POST    .../invocations          create functionworkflows/invocations, of that workflow
//   GET     an invocation, its log   get     functionworkflows/invocations
//   GET     invocations              get     functionworkflows/invocations
//   DELETE  an invocation            delete  functionworkflows/invocations
//   GET     a workflow               get     functionworkflows, of that name
//   GET     workflows                list    functionworkflows
//
// Pure.
std::optional<access::Permission> permissionFor(const Route& route, std::string_view method);

// 401 with WWW-Authenticate, 403 or 503.
net::Response refusal(const access::Denial& denial);

}  // namespace faasbatch::gateway
