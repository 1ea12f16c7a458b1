#include "node-agent/pods/pod_error.h"

#include <string_view>

namespace faasbatch::pods {
namespace {

std::string textOf(const std::vector<json::Member>& fields, std::string_view key, std::size_t most) {
  const auto raw = json::find(fields, key);
  std::string text = raw ? json::asString(*raw).value_or("") : "";
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0U) == 0x80) --most;
  text.resize(most);
  return text;
}

}  // namespace

calls::CallError readError(const std::vector<json::Member>& fields) {
  return {.type = textOf(fields, "type", kMaxErrorTypeBytes),
          .message = textOf(fields, "message", kMaxErrorTextBytes),
          .traceback = textOf(fields, "traceback", kMaxErrorTextBytes)};
}

}  // namespace faasbatch::pods
