// A watch's stream cut anywhere: the first byte says how large the pieces are. The same lines come out as of
// the whole, and what is a line of a watch has text of its own.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "lib/json/check.h"
#include "lib/kube/line_cutter.h"
#include "lib/kube/wire.h"

namespace {

using namespace faasbatch;

constexpr std::size_t kMaxLine = 4096;

std::vector<std::string> lines(std::string_view text, std::size_t piece, bool& good) {
  std::vector<std::string> all;
  kube::LineCutter cutter(kMaxLine);
  for (good = true; good && !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    good = cutter
               .feed(text.substr(0, piece),
                     [&](std::string_view line) {
                       all.emplace_back(line);
                       return true;
                     })
               .has_value();
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  bool wholeGood = false;
  bool cutGood = false;
  const auto whole = lines(text, text.size() + 1, wholeGood);
  const auto cut = lines(text, 1 + data[0] % 64, cutGood);
  if (wholeGood != cutGood || (wholeGood && whole != cut)) std::abort();
  for (const std::string& line : whole) {
    const auto event = kube::parseWatchEvent(line);
    if (event && !event->object.json.empty() && !json::check(event->object.json)) std::abort();
    const auto page = kube::parsePage(line);
    if (!page) continue;
    for (const kube::Object& item : page->items) {
      kube::Object copy = item;
      kube::dropManagedFields(copy);
      if (!json::check(copy.json) || kube::parseObject(copy.json).value().key != item.key) std::abort();
    }
  }
  return 0;
}
