// A directory of a test's own, removed with everything in it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "lib/testing/namespace.h"

namespace faasbatch::testing {

class TempDir {
 public:
  // Under TMPDIR, or /tmp.
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "faasbatch-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data()) != nullptr ? pattern : "/nonexistent";
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace faasbatch::testing
