// Any bytes as an archive: what is unpacked stays within its bounds and its directory.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "lib/testing/temp_dir.h"
#include "runtime/archive/unpack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fs = std::filesystem;
  constexpr std::uint64_t kMaxBytes = 64 << 10;
  const faasbatch::testing::TempDir outer;
  const std::string inner = outer.file("inner");
  fs::create_directory(inner);
  const auto result =
      faasbatch::archive::unpack({reinterpret_cast<const char*>(data), size}, inner, {kMaxBytes, 16});
  (void)result;
  if (std::distance(fs::directory_iterator(outer.path()), fs::directory_iterator()) != 1) std::abort();
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(inner)) {
    if (entry.is_symlink()) std::abort();
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  if (bytes > kMaxBytes) std::abort();
  return 0;
}
