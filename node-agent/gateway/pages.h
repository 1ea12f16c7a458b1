// Requests that a browser sends for a page of somebody else. Where nobody is asked who they are, as on one
// machine, such a page would otherwise do what the user of the browser can.
#pragma once

#include <optional>

#include "lib/net/http.h"

namespace faasbatch::gateway {

// 403, or nothing: it may pass.
//
// - An Origin must be the host that is asked itself, or a name of this machine (localhost, loopback).
//   Browsers send one with whatever a page of another site has them send but GET, whose answer it cannot
//   read.
// - `onLoopback`, where the gateway listens to this machine only: the Host must be an address or a name that
//   nobody else can give to this machine's address (DNS rebinding): one without a dot, or below localhost.
//
// Pure.
std::optional<net::Response> refusalOfPage(const net::Request& request, bool onLoopback);

}  // namespace faasbatch::gateway
