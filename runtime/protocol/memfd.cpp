#include "runtime/protocol/memfd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace faasbatch::protocol {

base::Result<UniqueFd> makeSealed(std::string_view bytes) {
  UniqueFd fd(::memfd_create("faasbatch-payload", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const auto failed = [](const char* what) {
    return base::fail("OutOfMemory", std::string(what) + " for a large payload: " + std::strerror(errno));
  };
  if (!fd) return failed("memfd_create");
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t n = ::write(fd.get(), bytes.data() + written, bytes.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed("write");
    written += static_cast<std::size_t>(n);
  }
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
    return failed("sealing");
  return fd;
}

base::Result<std::string> readSealed(int fd, std::size_t size) {
  constexpr int kNeeded = F_SEAL_SHRINK | F_SEAL_WRITE;
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0) return base::fail("BadFrame", "a payload descriptor that is not a memfd");
  if ((seals & kNeeded) != kNeeded) return base::fail("BadFrame", "a payload memfd without its seals");
  struct stat status{};
  if (::fstat(fd, &status) != 0 || status.st_size < 0 || static_cast<std::size_t>(status.st_size) < size)
    return base::fail("BadFrame", "a payload memfd that is shorter than the frame says");
  std::string bytes(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t n = ::pread(fd, bytes.data() + got, size - got, static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return base::fail("BadFrame", "a payload memfd that cannot be read");
    got += static_cast<std::size_t>(n);
  }
  return bytes;
}

}  // namespace faasbatch::protocol
