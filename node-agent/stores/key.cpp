#include "node-agent/stores/key.h"

#include <algorithm>
#include <string>

#include "lib/json/utf8.h"
#include "lib/json/write.h"

namespace faasbatch::stores {

namespace {

bool isUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = json::utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

base::Result<void> checkKey(std::string_view key) {
  if (key.empty()) return base::fail("InvalidKey", "the key is empty; give it 1 to 1024 bytes");
  if (key.size() > kMaxKeyBytes) {
    return base::fail("InvalidKey", "the key " + json::quoted(key.substr(0, 40)) + "... has " +
                                        std::to_string(key.size()) + " bytes; at most " +
                                        std::to_string(kMaxKeyBytes));
  }
  const bool control = std::ranges::any_of(key, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (control || !isUtf8(key)) {
    return base::fail("InvalidKey",
                      "the key " + json::quoted(key) + " holds control characters or is not UTF-8");
  }
  return {};
}

base::Result<void> checkPut(std::string_view key, const Value& value) {
  if (auto ok = checkKey(key); !ok) return ok;
  if (value.type != "json" && value.type != "bytes") {
    return base::fail("InvalidKey", "the value of " + json::quoted(key) + " has the type " +
                                        json::quoted(value.type) + "; use json or bytes");
  }
  if (value.bytes.size() > kMaxValueBytes) {
    return base::fail("ValueTooLarge", "the value of " + json::quoted(key) + " has " +
                                           std::to_string(value.bytes.size()) + " bytes; a store takes " +
                                           std::to_string(kMaxValueBytes));
  }
  return {};
}

}  // namespace faasbatch::stores
