// Eight bytes of a text at a time ("SWAR", SIMD within a register): how far a run of harmless bytes reaches.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace faasbatch::json {

namespace bytes {

inline constexpr std::uint64_t kOnes = 0x0101010101010101;
inline constexpr std::uint64_t kHigh = 0x8080808080808080;

// In each function: the high bit of the lowest byte that is asked for is set, and of no byte below it. Bytes
// above may be wrong, as a borrow or a carry went through them.
constexpr std::uint64_t equal(std::uint64_t word, char c) {
  const std::uint64_t zero = word ^ (kOnes * static_cast<unsigned char>(c));
  return (zero - kOnes) & ~zero & kHigh;
}
constexpr std::uint64_t noDigit(std::uint64_t word) {
  return ((word + kOnes * (0x80 - ('9' + 1))) | (word - kOnes * '0') | word) & kHigh;
}
// What cannot stand in a string as it is, or is not ASCII.
constexpr std::uint64_t noPlainText(std::uint64_t word) {
  return ((word - kOnes * 0x20) & kHigh) | (word & kHigh) | equal(word, '"') | equal(word, '\\');
}
constexpr std::uint64_t quoteOrBackslash(std::uint64_t word) { return equal(word, '"') | equal(word, '\\'); }
constexpr std::uint64_t quoteOrBracket(std::uint64_t word) {
  const std::uint64_t lower = word | (kOnes * 0x20);  // '[' becomes '{', ']' becomes '}'
  return equal(lower, '{') | equal(lower, '}') | equal(word, '"');
}

}  // namespace bytes

// The first of the bytes from `at` that `stops` marks, or `end`.
template <std::uint64_t (*stops)(std::uint64_t)>
const char* skipUntil(const char* at, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    for (; end - at >= 8; at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, 8);
      if (const std::uint64_t found = stops(word)) return at + (std::countr_zero(found) / 8);
    }
  }
  // The rest, each byte in a word of its own: the lowest byte is the one that is exact.
  for (; at < end; ++at) {
    if (stops(static_cast<unsigned char>(*at)) & 0x80) return at;
  }
  return end;
}

}  // namespace faasbatch::json
