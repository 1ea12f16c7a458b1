#include "node-agent/pods/process/stale_directories.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <system_error>
#include <vector>

namespace faasbatch::pods {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "faasbatch-";
constexpr const char* kLock = "lock";

bool isOurs(const fs::path& directory) {
  struct stat status{};
  return lstat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid();
}

bool isStale(const fs::path& directory) {
  const int fd = open((directory / kLock).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return false;
  const bool stale = flock(fd, LOCK_EX | LOCK_NB) == 0;
  close(fd);
  return stale;
}

}  // namespace

int claimDirectory(const fs::path& directory) {
  const fs::path unpublished = directory / "lock.new";
  const int fd = open(unpublished.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return -1;
  // Held before it has its name, so that nobody finds it free in between.
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 || rename(unpublished.c_str(), (directory / kLock).c_str()) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

void removeStaleDirectories(const fs::path& parent) {
  std::error_code error;
  std::vector<fs::path> stale;
  for (const auto& entry :
       fs::directory_iterator(parent, fs::directory_options::skip_permission_denied, error)) {
    const fs::path& path = entry.path();
    if (path.filename().string().starts_with(kPrefix) && isOurs(path) && isStale(path)) stale.push_back(path);
  }
  for (const fs::path& path : stale) fs::remove_all(path, error);
}

}  // namespace faasbatch::pods
