// How many files and sockets this process may have open (RLIMIT_NOFILE).
//
// The soft limit is 1024 by custom, for the sake of programs that call select(), whose sets hold no more. Who
// does not call it raises the limit to the hard one, and gives what it executes the old one back, as programs
// written in Go do.
#pragma once

#include <sys/resource.h>

#include <optional>

namespace faasbatch::base {

// Hard limits may be higher than any use, and what goes through all numbers would take its time. It is the
// kernel's own default bound (fs.nr_open).
inline constexpr rlim_t kMostDescriptors = 1 << 20;

// The soft limit to have: the hard one, but no more than kMostDescriptors, and no less than there was. Pure.
rlim_t raisedDescriptorLimit(const rlimit& limit);

// Once, before there are other threads. Where the system refuses, the limit stays as it is.
void raiseDescriptorLimit();

// What it was before it was raised, for setrlimit() between fork and exec; nothing where it was not raised.
// Any thread.
const std::optional<rlimit>& descriptorLimitBefore();

}  // namespace faasbatch::base
