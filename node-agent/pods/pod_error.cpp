#include "node-agent/pods/pod_error.h"

#include <string_view>

#include "lib/json/shorten.h"

namespace faasbatch::pods {
namespace {

std::string textOf(const std::vector<json::Member>& fields, std::string_view key, std::size_t most) {
  const auto raw = json::find(fields, key);
  const std::string text = raw ? json::asString(*raw).value_or("") : "";
  return std::string(json::beginningOf(text, most));
}

}  // namespace

calls::CallError readError(const std::vector<json::Member>& fields) {
  return {.type = textOf(fields, "type", kMaxErrorTypeBytes),
          .message = textOf(fields, "message", kMaxErrorTextBytes),
          .traceback = textOf(fields, "traceback", kMaxErrorTextBytes)};
}

}  // namespace faasbatch::pods
