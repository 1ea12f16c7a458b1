#include "lib/base/descriptor_limit.h"

#include <algorithm>

namespace faasbatch::base {
namespace {

std::optional<rlimit> before;

}  // namespace

rlim_t raisedDescriptorLimit(const rlimit& limit) {
  return std::max(limit.rlim_cur, std::min(limit.rlim_max, kMostDescriptors));
}

void raiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlimit raised{.rlim_cur = raisedDescriptorLimit(limit), .rlim_max = limit.rlim_max};
  if (raised.rlim_cur == limit.rlim_cur || ::setrlimit(RLIMIT_NOFILE, &raised) != 0) return;
  before = limit;
}

const std::optional<rlimit>& descriptorLimitBefore() { return before; }

}  // namespace faasbatch::base
