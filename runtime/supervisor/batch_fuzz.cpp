// Bodies of POST /v1/batch as anybody may send them.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/json/check.h"
#include "runtime/supervisor/batch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faasbatch;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto calls = supervisor::parseBatch(body);
  if (!calls) return 0;
  for (const auto& call : *calls) {
    if (!json::check(call.input)) std::abort();
    const auto head = protocol::encodeCallHead(call.head);
    if (!protocol::decodeCallHead(head)) std::abort();
  }
  return 0;
}
