// Bytes as lower-case hex digits.
#pragma once

#include <span>
#include <string>

namespace faasbatch::crypto {

inline std::string toHex(std::span<const unsigned char> bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

}  // namespace faasbatch::crypto
