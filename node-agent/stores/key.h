// Which keys and values the stores take, the same for all of them.
#pragma once

#include <string_view>

#include "lib/base/error.h"
#include "node-agent/stores/store.h"

namespace faasbatch::stores {

// UTF-8 without control characters, 1 to kMaxKeyBytes bytes. "InvalidKey".
base::Result<void> checkKey(std::string_view key);

// checkKey, at most kMaxValueBytes ("ValueTooLarge"), a known type ("InvalidKey" names it).
base::Result<void> checkPut(std::string_view key, const Value& value);

}  // namespace faasbatch::stores
