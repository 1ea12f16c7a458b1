// The bearer token that callers of the pod must show.
#pragma once

#include <string>

#include "lib/net/http.h"

namespace faasbatch::supervisor {

// At most one is given: the token itself, or its SHA-256 (hex), so that who can read the pod's environment
// cannot call it. With neither everyone may.
struct CallerToken {
  std::string token;
  std::string sha256;
};

// From FAASBATCH_TOKEN or FAASBATCH_TOKEN_SHA256, which are taken out of the environment; a token is wiped
// from where the system shows it (/proc/PID/environ), as a function runs as the same user.
CallerToken takeCallerToken();

// Whether a request may come in. Takes the same time however much of a wrong token is right.
bool authorised(const net::Headers& headers, const CallerToken& expected);

}  // namespace faasbatch::supervisor
