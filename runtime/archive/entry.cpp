#include "runtime/archive/entry.h"

#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "lib/json/write.h"

namespace faasbatch::archive {
namespace {

constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflate = 8;

// Why the path is not taken; nothing where it is.
const char* faultOf(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.size() > kMaxPathBytes) return "is too long";
  if (path.front() == '/') return "is absolute";
  const auto isBad = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f' || c == '\\'; };
  if (std::ranges::any_of(path, isBad)) return "holds a control character or a backslash";
  std::size_t parts = 0;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part == "..") return "leads out of its directory";
    if (part.empty() || part == ".") return "has an empty part";
    if (part.size() > kMaxPathPartBytes) return "has a part that is too long";
    if (++parts > kMaxPathParts) return "is too deep";
    if (slash == std::string_view::npos) return nullptr;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

base::Result<Entry> checkEntry(const EntryFacts& facts) {
  const auto refuse = [&facts](const std::string& why) {
    constexpr std::size_t kShown = 120;
    return base::fail("LoadFailed",
                      "the archive's entry " + json::quoted(facts.path.substr(0, kShown)) + " " + why);
  };
  Entry entry{.path = facts.path, .directory = facts.path.size() > 1 && facts.path.ends_with('/')};
  if (entry.directory) entry.path.remove_suffix(1);
  if (const char* fault = faultOf(entry.path)) return refuse(fault);
  if (facts.encrypted) return refuse("is encrypted");
  if (facts.method != kStored && facts.method != kDeflate)
    return refuse("is compressed by method " + std::to_string(facts.method) + "; use Deflate");
  if (facts.unixMode) {
    const std::uint32_t kind = *facts.unixMode & S_IFMT;
    if (kind == S_IFLNK)
      return refuse("is a symbolic link, which is not unpacked; put the file itself there");
    if (kind != 0 && kind != S_IFREG && kind != S_IFDIR) return refuse("is neither a file nor a directory");
    if (kind != 0 && (kind == S_IFDIR) != entry.directory) return refuse("is a file and a directory at once");
    entry.executable = (*facts.unixMode & S_IXUSR) != 0;
  }
  return entry;
}

}  // namespace faasbatch::archive
