#include "lib/json/members.h"
#include "runtime/testing/runtime_process.h"

namespace faasbatch::testing {
namespace {

std::string raw(std::string_view object, std::string_view key) {
  const auto members = json::members(object);
  return members ? std::string(json::find(*members, key).value_or("")) : "";
}

}  // namespace

std::vector<std::string> Answer::lines() const {
  std::vector<std::string> found;
  std::string_view rest = body;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    found.emplace_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return found;
}

std::string Answer::of(std::string_view id, std::string_view key) const {
  for (const auto& line : lines()) {
    if (raw(line, "id") == "\"" + std::string(id) + "\"" && !raw(line, "status").empty())
      return raw(line, key);
  }
  return "";
}

std::string Answer::errorType(std::string_view id) const {
  return json::asString(raw(of(id, "error"), "type")).value_or("");
}

std::string Answer::log(std::string_view id, std::string_view stream) const {
  std::string text;
  for (const auto& line : lines()) {
    if (raw(line, "id") != "\"" + std::string(id) + "\"") continue;
    const std::string list = raw(line, "logs");
    const auto entries = json::elements(list);
    if (!entries) continue;
    for (const auto entry : *entries) {
      if (stream.empty() || raw(entry, "stream") == "\"" + std::string(stream) + "\"")
        text += json::asString(raw(entry, "text")).value_or("");
    }
  }
  return text;
}

}  // namespace faasbatch::testing
