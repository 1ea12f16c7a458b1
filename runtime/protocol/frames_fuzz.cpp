// Frames and heads as a hostile worker may send them: nothing is read outside the packet, and what is taken
// apart goes together again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/protocol/frame.h"
#include "runtime/protocol/heads.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faasbatch::protocol;
  const std::string_view packet(reinterpret_cast<const char*>(data), size);
  const auto frame = decodeFrame(packet);
  if (!frame) return 0;
  const auto fixed =
      encodeFixed(frame->type, frame->inMemfd, frame->call, frame->head.size(), frame->payloadSize);
  std::string again(fixed.data(), fixed.size());
  again += frame->head;
  again += frame->payload;
  if (again != packet) std::abort();
  if (decodeCallHead(frame->head).has_value() != decodeLogHead(frame->head).has_value()) std::abort();
  if (headError(frame->head) && !decodeResultHead(frame->head)) std::abort();
  if (headNumber(frame->head, "pid") && !decodeLogHead(frame->head)) std::abort();
  if (const auto result = decodeResultHead(frame->head)) {
    const std::string head = encodeResultHead(*result);
    if (head.size() > kMaxHeadBytes || !decodeResultHead(head)) std::abort();
  }
  return 0;
}
