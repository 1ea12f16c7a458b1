// Bodies of POST /v1/peer/messages: what reads is written and read back the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "node-agent/peers/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faasbatch::peers;
  const auto read = decode({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  std::string body;
  for (const Message& message : *read) append(body, message);
  const auto again = decode(body);
  if (!again || again->size() != read->size()) std::abort();
  return 0;
}
