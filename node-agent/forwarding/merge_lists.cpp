#include "node-agent/forwarding/merge_lists.h"

#include <map>
#include <string_view>

#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/json/write.h"

namespace faasbatch::forwarding {

base::Result<std::string> mergeLists(const std::vector<std::string>& lists, std::size_t limit) {
  std::map<std::string, std::string_view, std::greater<>> merged;
  bool more = false;
  for (const std::string& list : lists) {
    const auto items = json::at(list, {"items"});
    const auto elements = json::elements(items.value_or(""));
    if (!elements) return base::fail("InvalidResponse", "an agent's list of invocations has no items");
    for (const std::string_view item : *elements) {
      const auto id = json::at(item, {"id"});
      auto text = id ? json::asString(*id) : std::nullopt;
      if (!text) return base::fail("InvalidResponse", "an agent's list has an invocation without an id");
      merged.emplace(std::move(*text), item);
    }
    more = more || json::at(list, {"continue"}).has_value();
  }
  std::string out = R"({"items":[)";
  std::string_view last;
  std::size_t count = 0;
  for (const auto& [id, item] : merged) {
    if (count == limit) break;
    if (count++ > 0) out += ',';
    out += item;
    last = id;
  }
  out += ']';
  if (count > 0 && (more || merged.size() > limit)) out += R"(,"continue":)" + json::quoted(last);
  return out + '}';
}

}  // namespace faasbatch::forwarding
