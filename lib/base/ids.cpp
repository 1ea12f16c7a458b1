#include "lib/base/ids.h"

#include <cstdint>
#include <cstdio>
#include <random>

namespace faasbatch::base {
namespace {

std::uint64_t random64() {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return generator();
}

}  // namespace

std::string newInvocationId(Instant now) {
  const auto millis = static_cast<std::uint64_t>(now.ns / 1'000'000);
  const std::uint64_t a = random64();
  const std::uint64_t b = random64();
  char text[40];
  std::snprintf(text, sizeof text, "%08x-%04x-7%03x-%04x-%012llx", static_cast<unsigned>(millis >> 16),
                static_cast<unsigned>(millis & 0xffff), static_cast<unsigned>(a & 0xfff),
                static_cast<unsigned>(0x8000 | ((a >> 12) & 0x3fff)),
                static_cast<unsigned long long>(b & 0xffffffffffffULL));
  return text;
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
