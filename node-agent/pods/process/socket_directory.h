// A private directory for the sockets of pods that tells, without polling, when one has appeared.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/net/loop.h"

namespace faasbatch::pods {

// Mode 0700, removed with all that is in it when this is destroyed; what a killed process left behind is
// removed by the next one that makes such a directory. Loop thread only.
class SocketDirectory {
 public:
  // Under `parent`, or $TMPDIR, or /tmp where the former is empty or too long for a socket's path. Kind
  // "NoCapacity".
  static base::Result<std::unique_ptr<SocketDirectory>> make(net::EventLoop& loop, const std::string& parent);
  ~SocketDirectory();
  SocketDirectory(const SocketDirectory&) = delete;
  SocketDirectory& operator=(const SocketDirectory&) = delete;

  std::string pathOf(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

  // Called with the name of each file that appears.
  void onAppeared(std::function<void(const std::string& name)> handler) { appeared_ = std::move(handler); }

 private:
  SocketDirectory(std::string path, int inotify) : path_(std::move(path)), inotify_(inotify) {}
  void read();

  std::string path_;
  int inotify_;
  int claim_ = -1;  // see claimDirectory()
  std::unique_ptr<net::FdWatch> watch_;
  std::function<void(const std::string&)> appeared_;
};

// Whether something listens on the Unix socket at `path` right now. Never blocks.
bool listens(const std::string& path);

}  // namespace faasbatch::pods
