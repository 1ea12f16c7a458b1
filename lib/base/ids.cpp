#include "lib/base/ids.h"

#include <charconv>
#include <cstdio>
#include <random>

namespace faasbatch::base {
namespace {

constexpr std::size_t kIdLength = 36;

std::uint64_t random64() {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return generator();
}

// The 12 bits behind the version hold what is below a millisecond (RFC 9562, section 6.2, method 3).
std::string uuid7(Instant now, std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t kNanos = 1'000'000;
  const auto millis = static_cast<std::uint64_t>(now.ns) / kNanos;
  const std::uint64_t fraction = static_cast<std::uint64_t>(now.ns) % kNanos * 0x1000 / kNanos;
  char text[40];
  std::snprintf(text, sizeof text, "%08x-%04x-7%03x-%04x-%012llx", static_cast<unsigned>(millis >> 16),
                static_cast<unsigned>(millis & 0xffff), static_cast<unsigned>(fraction),
                static_cast<unsigned>(0x8000 | (a & 0x3fff)),
                static_cast<unsigned long long>(b & 0xffffffffffffULL));
  return text;
}

}  // namespace

std::string newInvocationId(Instant now) { return uuid7(now, random64(), random64()); }

std::string newInvocationId(Instant now, std::uint16_t mark) {
  return uuid7(now, random64(), (random64() & ~std::uint64_t{0xffff}) | mark);
}

std::optional<std::uint16_t> markOf(std::string_view id) {
  if (id.size() != kIdLength || id[8] != '-' || id[23] != '-') return std::nullopt;
  const std::string_view digits = id.substr(kIdLength - 4);
  if (digits.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  std::uint16_t mark = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), mark, 16);
  return mark;
}

std::string newName(std::string_view prefix) {
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string name(prefix);
  name += '-';
  std::uint64_t bits = random64();
  for (int i = 0; i < 10; ++i, bits /= 36) name += kAlphabet[bits % 36];
  return name;
}

}  // namespace faasbatch::base
