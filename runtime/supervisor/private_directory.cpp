#include "runtime/supervisor/private_directory.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace faasbatch::supervisor {

base::Result<std::unique_ptr<PrivateDirectory>> PrivateDirectory::make() {
  const char* parent = std::getenv("TMPDIR");
  std::string path =
      std::string(parent != nullptr && *parent == '/' ? parent : "/tmp") + "/faasbatch-code-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return base::fail("LoadFailed", "the archive cannot be unpacked: " + path + ": " + std::strerror(errno) +
                                        "; set TMPDIR to a directory that can be written");
  }
  return std::unique_ptr<PrivateDirectory>(new PrivateDirectory(std::move(path)));
}

PrivateDirectory::~PrivateDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace faasbatch::supervisor
