// The server of --server: which way leads there, whom to trust and who one is.
#pragma once

#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/cluster/http_connection.h"
#include "lib/base/error.h"

namespace faasbatch::cli {

// Whether `server` is spoken to over TLS.
bool isSecure(const std::string& server);

// The server of the arguments: https, and http by name, as cluster/http_connection.h has it, else as
// connectDirectly(). `own` is who one is where no flag and no FAASBATCH_TOKEN says otherwise; shown over TLS
// only. `loop` must outlive it. Nothing is asked yet. Kind "Usage", of a file that cannot be read
// "CredentialsUnavailable".
base::Result<std::unique_ptr<Connection>> connectToServer(net::EventLoop& loop, const Arguments& arguments,
                                                          Credentials own = {});

// The same on a loop of its own.
base::Result<std::unique_ptr<Connection>> connectToServer(const Arguments& arguments);

}  // namespace faasbatch::cli
