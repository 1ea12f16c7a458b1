#include "node-agent/gateway/warning_header.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "lib/json/shorten.h"

namespace faasbatch::gateway {
namespace {

std::string field(std::string_view text) {
  std::string out = "299 - \"";
  for (const char c : json::beginningOf(text, kMaxWarningBytes)) {
    if (c == '"' || c == '\\') out += '\\';
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7F ? ' ' : c;
  }
  return out + '"';
}

}  // namespace

void addWarnings(net::Headers& headers, const std::vector<workflow::Fault>& warnings) {
  const std::size_t shown = warnings.size() <= kMaxWarnings ? warnings.size() : kMaxWarnings - 1;
  for (std::size_t i = 0; i < shown; ++i)
    headers.add("Warning", field(warnings[i].path + ": " + warnings[i].message));
  if (shown < warnings.size())
    headers.add("Warning", field("and " + std::to_string(warnings.size() - shown) + " more"));
}

}  // namespace faasbatch::gateway
