#include "runtime/workers/native/priority.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "runtime/protocol/unique_fd.h"

namespace faasbatch::native {

bool lowerPriority(pid_t leader) {
  ::setpriority(PRIO_PGRP, static_cast<id_t>(leader), kLowestNice);
  const std::string file = "/proc/" + std::to_string(leader) + "/autogroup";
  const protocol::UniqueFd group(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (group.get() < 0) return true;
  const std::string nice = std::to_string(kLowestNice);
  return ::write(group.get(), nice.data(), nice.size()) > 0 || errno != EAGAIN;
}

}  // namespace faasbatch::native
