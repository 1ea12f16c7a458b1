// One agent a directory.
#pragma once

#include <string>
#include <utility>

#include "lib/base/error.h"

namespace faasbatch::journal {

// Holds DIRECTORY/journal.lock (flock) as long as it lives; the kernel gives it back when the process dies in
// any way.
class DirectoryLock {
 public:
  // Makes the directory where it is missing, for this user alone. "StoreUnavailable": another agent holds it
  // (named by pid), or no permission.
  static base::Result<DirectoryLock> take(const std::string& directory);
  DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace faasbatch::journal
