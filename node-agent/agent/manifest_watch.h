// Applies manifest files and applies them again whenever they change on disk.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/net/loop.h"

namespace faasbatch::agent {

// Watches the folders of the files (inotify), so that editors that replace a file are seen as well. Loop
// thread only.
class ManifestWatch {
 public:
  using Changed = std::function<void(const std::string& file, std::string text)>;

  // Kind "ReadFailed" where a file cannot be read now. `changed` is called for each file at once, from inside
  // make(), and then after each change of its text.
  static base::Result<std::unique_ptr<ManifestWatch>> make(net::EventLoop& loop,
                                                           std::vector<std::string> files, Changed changed);
  virtual ~ManifestWatch() = default;
};

}  // namespace faasbatch::agent
