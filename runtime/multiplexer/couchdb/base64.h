// Base64 (RFC 4648, section 4), in which CouchDB takes the attachments that come with a document.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace faasbatch::multiplexer {

inline void appendBase64(std::string& out, std::string_view bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const auto at = [&](std::size_t j) -> std::uint32_t {
      return j < left ? static_cast<unsigned char>(bytes[i + j]) : 0;
    };
    const std::uint32_t group = (at(0) << 16) | (at(1) << 8) | at(2);
    out += kAlphabet[group >> 18];
    out += kAlphabet[(group >> 12) & 63];
    out += left > 1 ? kAlphabet[(group >> 6) & 63] : '=';
    out += left > 2 ? kAlphabet[group & 63] : '=';
  }
}

}  // namespace faasbatch::multiplexer
