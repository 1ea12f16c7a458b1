#include "node-agent/engine/retry.h"

#include <algorithm>
#include <cmath>

namespace faasbatch::engine {
namespace {

// FNV-1a, then the finalizer of SplitMix64 to spread neighbouring inputs.
class Hash {
 public:
  void add(std::string_view text) {
    for (const char c : text) add(static_cast<unsigned char>(c));
    add(static_cast<unsigned char>(0xff));  // no UTF-8 text holds it: "a" + "b" is not "ab"
  }
  void add(std::uint32_t number) {
    for (int shift = 0; shift < 32; shift += 8) add(static_cast<unsigned char>(number >> shift));
  }
  std::uint64_t value() const {
    std::uint64_t x = state_;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }

 private:
  void add(unsigned char byte) { state_ = (state_ ^ byte) * 0x100000001b3; }
  std::uint64_t state_ = 0xcbf29ce484222325;
};

}  // namespace

bool namesType(std::span<const std::string> types, std::string_view type) {
  if (type == "Cancelled") return false;
  return std::ranges::any_of(types,
                             [type](const std::string& named) { return named == "*" || named == type; });
}

bool retries(const workflow::RetryPolicy& policy, std::string_view type, std::uint32_t used) {
  if (used >= policy.limit || type == "Cancelled") return false;
  return policy.on.empty() || namesType(policy.on, type);
}

base::Duration backoff(const workflow::Backoff& policy, std::uint32_t retry, std::string_view runId,
                       std::string_view stepPath, std::span<const std::uint32_t> index) {
  const double longest = static_cast<double>(policy.max.count());
  const double grown = static_cast<double>(policy.initial.count()) * std::pow(policy.factor, retry - 1.0);
  const double bound = std::isfinite(grown) ? std::clamp(grown, 0.0, std::max(longest, 0.0)) : longest;
  Hash hash;
  hash.add(runId);
  hash.add(stepPath);
  for (const std::uint32_t i : index) hash.add(i);
  hash.add(retry);
  const double chance = static_cast<double>(hash.value() >> 11) * 0x1.0p-53;
  return base::Duration(static_cast<std::int64_t>(chance * bound));
}

}  // namespace faasbatch::engine
