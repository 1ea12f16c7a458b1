#include "node-agent/pods/process/socket_directory.h"

#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "node-agent/pods/process/stale_directories.h"

namespace faasbatch::pods {
namespace {

// Of "/faasbatch-XXXXXX/NAME.sock", and of what a runtime puts below its TMPDIR:
// "/faasbatch-XXXXXX/NAME.d/faasbatch-runtime-XXXXXX/store".
constexpr std::size_t kNameBytes = 72;

std::string parentFor(const std::string& wanted) {
  constexpr std::size_t kMaxBytes = sizeof(sockaddr_un::sun_path) - kNameBytes;
  if (!wanted.empty() && wanted.size() < kMaxBytes) return wanted;
  const char* temporary = std::getenv("TMPDIR");
  if (temporary != nullptr && *temporary == '/' && std::strlen(temporary) < kMaxBytes) return temporary;
  return "/tmp";
}

}  // namespace

base::Result<std::unique_ptr<SocketDirectory>> SocketDirectory::make(net::EventLoop& loop,
                                                                     const std::string& parent) {
  const std::string folder = parentFor(parent);
  removeStaleDirectories(folder);
  std::string pattern = folder + "/faasbatch-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) {
    return base::fail("NoCapacity", "cannot make " + pattern +
                                        " for the sockets of pods: " + std::strerror(errno) +
                                        "; set TMPDIR to a directory that can be written");
  }
  const int inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (inotify < 0 || inotify_add_watch(inotify, pattern.c_str(), IN_CREATE | IN_MOVED_TO) < 0) {
    const std::string why = std::strerror(errno);
    if (inotify >= 0) close(inotify);
    rmdir(pattern.c_str());
    return base::fail("NoCapacity",
                      "cannot watch " + pattern + ": " + why + "; raise fs.inotify.max_user_instances");
  }
  std::unique_ptr<SocketDirectory> directory(new SocketDirectory(pattern, inotify));
  directory->claim_ = claimDirectory(pattern);
  directory->watch_ = net::FdWatch::make(loop, inotify);
  directory->watch_->onReadable([raw = directory.get()] { raw->read(); });
  return directory;
}

SocketDirectory::~SocketDirectory() {
  watch_.reset();
  close(inotify_);
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  if (claim_ >= 0) close(claim_);
}

void SocketDirectory::read() {
  alignas(inotify_event) std::array<char, 8192> buffer;
  std::vector<std::string> names;
  for (;;) {
    const ssize_t size = ::read(inotify_, buffer.data(), buffer.size());
    if (size <= 0) break;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      if (event.len > 0) names.emplace_back(buffer.data() + at + sizeof event);
      at += sizeof event + event.len;
    }
  }
  for (const std::string& name : names) {
    if (appeared_) appeared_(name);
  }
}

bool listens(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool connected = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

}  // namespace faasbatch::pods
