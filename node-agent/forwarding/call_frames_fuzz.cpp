// Bodies of POST /v1/peer/calls, and streams of answers: what reads is written and read back the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "node-agent/forwarding/call_frames.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faasbatch;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto calls = forwarding::readCalls(text)) {
    std::string body(forwarding::kCallsMagic);
    for (const net::Request& call : *calls) forwarding::appendCall(body, call);
    if (body != text) std::abort();
  }
  std::string again;
  forwarding::AnswerReader::Take take = [&](std::uint32_t place, const net::Response& answer) {
    forwarding::appendAnswer(again, place, answer);
  };
  forwarding::AnswerReader reader;
  const bool read = reader.feed(text.substr(0, size / 2), take) && reader.feed(text.substr(size / 2), take);
  if (!text.starts_with(again) || (read && reader.isWhole() && again != text)) std::abort();
  return 0;
}
