#include "lib/json/quote_name.h"

#include "lib/json/shorten.h"
#include "lib/json/write.h"

namespace faasbatch::json {

std::string quoteName(std::string_view name) {
  if (name.size() <= kMaxQuotedBytes) return quoted(name);
  return quoted(std::string(beginningOf(name, kMaxQuotedBytes)) + "...");
}

}  // namespace faasbatch::json
