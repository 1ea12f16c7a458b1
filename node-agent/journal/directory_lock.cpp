#include "node-agent/journal/directory_lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <thread>

#include "lib/base/time.h"

namespace faasbatch::journal {
namespace {

constexpr base::Duration kDyingTime = std::chrono::seconds(5);
constexpr base::Duration kRetryTime = std::chrono::milliseconds(5);

std::string reason() { return std::generic_category().message(errno); }

std::string readPid(int fd) {
  char text[32] = {};
  const ssize_t size = ::pread(fd, text, sizeof text - 1, 0);
  std::string pid(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "unknown" : pid;
}

bool runs(const std::string& pid) {
  const pid_t number = static_cast<pid_t>(std::strtol(pid.c_str(), nullptr, 10));
  return number <= 0 || ::kill(number, 0) == 0 || errno != ESRCH;
}

// An agent that was killed while it started a pod holds the lock until that child has become the pod: a
// moment.
bool lockWithin(int fd, base::Duration time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (runs(readPid(fd)) || std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(kRetryTime);
  }
  return true;
}

// For this user alone: inputs, outputs and the environment of functions lie there. What cannot be made is
// said when the lock is.
void makePrivate(std::filesystem::path directory) {
  if (!directory.has_filename()) directory = directory.parent_path();
  std::error_code ignored;
  std::filesystem::create_directories(directory.parent_path(), ignored);
  ::mkdir(directory.c_str(), S_IRWXU);
}

}  // namespace

base::Result<DirectoryLock> DirectoryLock::take(const std::string& directory) {
  makePrivate(directory);
  const std::string path = directory + "/journal.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return base::fail("StoreUnavailable", "cannot write to the journal's directory " + directory + ": " +
                                              reason() +
                                              "; check its permissions and that its disk is not full");
  }
  DirectoryLock lock(fd);
  if (!lockWithin(fd, kDyingTime)) {
    return base::fail("StoreUnavailable", "another agent (pid " + readPid(fd) + ") keeps its journal in " +
                                              directory +
                                              "; stop it, or give this one another --data directory");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // For people only: a full disk must not be the reason that the lock is not taken.
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) errno = 0;
  return lock;
}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace faasbatch::journal
