#include "cli/check/part.h"

#include <algorithm>
#include <string_view>

#include "lib/json/write.h"

namespace faasbatch::cli {
namespace {

std::string_view nameOf(Part::State state) {
  switch (state) {
    case Part::State::kOk:
      return "ok";
    case Part::State::kWrong:
      return "wrong";
    case Part::State::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace

bool anyWrong(const Parts& parts) {
  return std::ranges::any_of(parts, [](const Part& part) { return part.state == Part::State::kWrong; });
}

std::vector<std::vector<std::string>> partRows(const Parts& parts) {
  std::vector<std::vector<std::string>> rows{{"PART", "VERSION", "STATE", "WHAT"}};
  for (const Part& part : parts) {
    std::string text = part.text;  // of one line, whatever a server's message has
    std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    rows.push_back({part.name, part.version.empty() ? "-" : part.version, std::string(nameOf(part.state)),
                    std::move(text)});
  }
  return rows;
}

std::string partsJson(const Parts& parts) {
  std::string json;
  json::Object list(json);
  json::appendList(list.key("items"), parts, [](std::string& to, const Part& part) {
    json::Object object(to);
    object.text("name", part.name).text("version", part.version);
    object.text("state", nameOf(part.state)).text("text", part.text).end();
  });
  list.end();
  return json;
}

}  // namespace faasbatch::cli
