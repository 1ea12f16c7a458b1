#include "lib/base/base64.h"

#include <cstdint>

namespace faasbatch::base {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

void appendBase64(std::string& out, std::string_view bytes) {
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

std::optional<std::string> decodeBase64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  int characters = 0;  // of the group
  int padding = 0;     // of the last group: only white space may follow
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    const auto value = kAlphabet.find(c);
    const bool pads = c == '=' && characters >= 2;
    if (!pads && (value == kAlphabet.npos || padding > 0)) return std::nullopt;
    padding += pads ? 1 : 0;
    group = (group << 6) | (pads ? 0 : static_cast<std::uint32_t>(value));
    if (++characters < 4) continue;
    out += static_cast<char>(group >> 16);
    if (padding < 2) out += static_cast<char>((group >> 8) & 0xFF);
    if (padding < 1) out += static_cast<char>(group & 0xFF);
    group = 0;
    characters = 0;
  }
  if (characters != 0) return std::nullopt;
  return out;
}

}  // namespace faasbatch::base
