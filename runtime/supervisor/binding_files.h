// Bindings whose URL lies in a file of the pod: a mounted Secret.
#pragma once

#include <cstddef>
#include <string>

#include "lib/base/error.h"

namespace faasbatch::supervisor {

inline constexpr std::size_t kMaxUrlBytes = 8 << 10;

// The body of an init with each binding's `urlFile` replaced by the `url` that the file holds, white space
// around it left out. `body` is checked JSON. Kind "LoadFailed" with the binding and the file where one
// cannot be read or holds no URL; the URL is never in a message.
base::Result<std::string> withBindingUrls(std::string body);

}  // namespace faasbatch::supervisor
