#include "runtime/supervisor/memory_kills.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace faasbatch::supervisor {

std::optional<std::uint64_t> memoryKillsIn(std::string_view text) {
  constexpr std::string_view kName = "oom_kill ";
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.starts_with(kName)) continue;
    std::uint64_t count = 0;
    const char* const end = line.data() + line.size();
    const auto read = std::from_chars(line.data() + kName.size(), end, count);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return count;
  }
  return std::nullopt;
}

MemoryKills::MemoryKills(std::vector<std::string> files)
    : files_(std::move(files)), taken_(count().value_or(0)) {}

std::optional<std::uint64_t> MemoryKills::count() const {
  for (const std::string& name : files_) {
    std::ifstream file(name, std::ios::binary);
    if (!file) continue;
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (const auto found = memoryKillsIn(text)) return found;
  }
  return std::nullopt;
}

bool MemoryKills::take() {
  if (count().value_or(0) <= taken_) return false;
  ++taken_;
  return true;
}

}  // namespace faasbatch::supervisor
