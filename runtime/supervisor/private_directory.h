// A directory that nobody else can enter and that goes with its owner.
#pragma once

#include <memory>
#include <string>

#include "lib/base/error.h"

namespace faasbatch::supervisor {

class PrivateDirectory {
 public:
  // Mode 0700, below $TMPDIR or /tmp. Kind "LoadFailed", with the system's reason.
  static base::Result<std::unique_ptr<PrivateDirectory>> make();
  ~PrivateDirectory();  // removes it with all that is in it, as far as the system lets it
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit PrivateDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace faasbatch::supervisor
