#include "lib/json/quote_name.h"

#include "lib/json/write.h"

namespace faasbatch::json {

std::string quoteName(std::string_view name) {
  if (name.size() <= kMaxQuotedBytes) return quoted(name);
  std::size_t end = kMaxQuotedBytes;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
  return quoted(std::string(name.substr(0, end)) + "...");
}

}  // namespace faasbatch::json
