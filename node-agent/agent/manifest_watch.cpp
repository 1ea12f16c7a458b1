#include "node-agent/agent/manifest_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "lib/telemetry/log.h"

namespace faasbatch::agent {
namespace {

base::Result<std::string> readFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return base::fail("ReadFailed", "cannot read " + file + ": " + std::strerror(errno));
  return std::string{std::istreambuf_iterator<char>(in), {}};
}

class InotifyWatch final : public ManifestWatch {
 public:
  InotifyWatch(net::EventLoop& loop, int fd, Changed changed)
      : fd_(fd), changed_(std::move(changed)), watch_(net::FdWatch::make(loop, fd)) {
    watch_->onReadable([this] { onReadable(); });
  }
  ~InotifyWatch() override {
    watch_.reset();
    close(fd_);
  }

  base::Result<void> add(const std::string& file) {
    base::Result<std::string> text = readFile(file);
    if (!text) return std::unexpected(text.error());
    const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
    if (inotify_add_watch(fd_, folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
      telemetry::warning("changes of a workflow file are not seen",
                         {{"file", file}, {"reason", std::strerror(errno)}});
    }
    changed_(file, *text);
    texts_[file] = std::move(*text);
    return {};
  }

 private:
  void onReadable() {
    alignas(inotify_event) std::array<char, 4096> buffer;
    while (read(fd_, buffer.data(), buffer.size()) > 0) {
    }
    for (auto& [file, text] : texts_) {
      base::Result<std::string> now = readFile(file);
      if (!now || *now == text) continue;
      text = *now;
      changed_(file, std::move(*now));
    }
  }

  int fd_;
  Changed changed_;
  std::map<std::string, std::string> texts_;
  std::unique_ptr<net::FdWatch> watch_;
};

}  // namespace

base::Result<std::unique_ptr<ManifestWatch>> ManifestWatch::make(net::EventLoop& loop,
                                                                 std::vector<std::string> files,
                                                                 Changed changed) {
  const int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) return base::fail("ReadFailed", std::string("cannot watch files: ") + std::strerror(errno));
  auto watch = std::make_unique<InotifyWatch>(loop, fd, std::move(changed));
  for (const std::string& file : files) {
    if (auto added = watch->add(file); !added) return std::unexpected(added.error());
  }
  return watch;
}

}  // namespace faasbatch::agent
