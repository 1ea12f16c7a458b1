// What went wrong on the way to a server, for the user.
#pragma once

#include <string>
#include <string_view>

namespace faasbatch::cli {

// One line: the server, the cause in plain words, libcurl's own, and what to do. `why` is libcurl's message.
// Pure.
std::string explainServer(std::string_view url, std::string_view why);

}  // namespace faasbatch::cli
