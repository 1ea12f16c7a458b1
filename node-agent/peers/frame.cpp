#include "node-agent/peers/frame.h"

namespace faasbatch::peers {
namespace {

void putNumber(std::string& out, std::size_t at, std::uint64_t number) {
  for (int i = 0; i < 4; ++i) out[at + i] = static_cast<char>(number >> (24 - 8 * i));
}

std::uint32_t number(std::string_view data) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = (value << 8) | static_cast<unsigned char>(data[i]);
  return value;
}

std::unexpected<base::Error> invalid(std::string what) {
  return base::fail("InvalidMessage", "the frame of a peer " + std::move(what));
}

}  // namespace

void detail::finishFrame(std::string& out, std::size_t begin, const engine::Payloads& payloads) {
  putNumber(out, begin, out.size() - begin - kFramePrefix);
  std::uint64_t bytes = 0;
  for (const base::Payload& payload : payloads) {
    out += payload.view();
    bytes += payload.size();
  }
  putNumber(out, begin + 4, bytes);
}

base::Result<std::optional<Frame>> takeFrame(std::string_view& data, std::size_t maxHeader,
                                             std::size_t maxPayloads) {
  if (data.size() < kFramePrefix) return std::nullopt;
  const std::size_t header = number(data);
  const std::size_t payloads = number(data.substr(4));
  if (header > maxHeader) return invalid("has a header of " + std::to_string(header) + " bytes");
  if (data.size() - kFramePrefix < header + payloads) return std::nullopt;
  Frame frame{engine::Fields(data.substr(kFramePrefix, header)), {}};
  std::string_view rest = data.substr(kFramePrefix + header, payloads);
  data.remove_prefix(kFramePrefix + header + payloads);
  if (!frame.header.error().empty()) return invalid("has no JSON object as its header");
  if (const auto text = frame.header.raw("sizes")) {
    const auto sizes = json::elements(*text);
    if (!sizes || sizes->size() > maxPayloads) return invalid("has no valid \"sizes\"");
    frame.payloads.reserve(sizes->size());
    for (const std::string_view size : *sizes) {
      const auto bytes = json::asInt(size);
      if (!bytes || *bytes < 0 || static_cast<std::uint64_t>(*bytes) > rest.size()) {
        return invalid("has sizes beyond its end");
      }
      frame.payloads.emplace_back(std::string(rest.substr(0, static_cast<std::size_t>(*bytes))));
      rest.remove_prefix(static_cast<std::size_t>(*bytes));
    }
  }
  if (!rest.empty())
    return invalid("has " + std::to_string(rest.size()) + " bytes that its sizes do not name");
  return frame;
}

}  // namespace faasbatch::peers
