// Frames: a JSON header, and payloads as raw bytes behind it, so that nobody looks for the end of a payload
// by reading it.
//
//   frame := header length (4 bytes, big-endian), bytes of all payloads (4 bytes), header, payloads
//
// Where there are payloads the header's member "sizes" has the length of each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "node-agent/engine/values_json.h"

namespace faasbatch::peers {

inline constexpr std::size_t kFramePrefix = 8;

namespace detail {
void finishFrame(std::string& out, std::size_t begin, const engine::Payloads& payloads);
}

// Writes a frame: the header's members by `write`, which may put payloads beside.
template <class Write>
void appendFrame(std::string& out, Write write) {
  const std::size_t begin = out.size();
  out.append(kFramePrefix, '\0');
  engine::Payloads payloads;
  json::Object header(out);
  write(header, payloads);
  if (!payloads.empty()) {
    json::appendList(header.key("sizes"), payloads, [](std::string& to, const base::Payload& payload) {
      to += std::to_string(payload.size());
    });
  }
  header.end();
  detail::finishFrame(out, begin, payloads);
}

struct Frame {
  engine::Fields header;
  engine::Payloads payloads;
};

// Takes the first frame off `data`. Nothing: it is not complete yet. Kind "InvalidMessage": it is none, or
// its header is longer than `maxHeader`, its payloads more than `maxPayloads` in number.
base::Result<std::optional<Frame>> takeFrame(std::string_view& data, std::size_t maxHeader,
                                             std::size_t maxPayloads);

}  // namespace faasbatch::peers
