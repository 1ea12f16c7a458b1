#include "node-agent/agent/own_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>

namespace faasbatch::agent {
namespace {

constexpr mode_t kPrivate = 0700;

std::unexpected<base::Error> failed(const std::string& directory) {
  return base::fail("OwnFailed", "cannot own " + directory + ": " + std::strerror(errno));
}

base::Result<void> own(const std::string& directory, uid_t uid) {
  // Without reading it: once it is given away, root without CAP_DAC_OVERRIDE may not.
  const int fd = open(directory.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return failed(directory);
  base::Result<void> result;
  struct stat is = {};
  if (fstat(fd, &is) != 0) {
    result = failed(directory);
  } else if (is.st_uid != uid || is.st_gid != uid || (is.st_mode & 07777) != kPrivate) {
    // The mode first: after it has been given away, only its owner may change it.
    const std::string itself = "/proc/self/fd/" + std::to_string(fd);
    if (chmod(itself.c_str(), kPrivate) != 0 || fchownat(fd, "", uid, uid, AT_EMPTY_PATH) != 0)
      result = failed(directory);
  }
  close(fd);
  return result;
}

}  // namespace

base::Result<void> ownDirectories(std::span<const char* const> arguments) {
  if (arguments.size() < 2) return base::fail("Usage", "use faasbatch-agent own DIRECTORY... UID");
  const std::string_view text = arguments.back();
  uid_t uid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
  if (error != std::errc() || end != text.data() + text.size())
    return base::fail("Usage", "UID \"" + std::string(text) + "\" is not a number");
  for (const char* const directory : arguments.first(arguments.size() - 1)) {
    if (auto owned = own(directory, uid); !owned) return owned;
  }
  return {};
}

}  // namespace faasbatch::agent
