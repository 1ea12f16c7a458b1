#include "node-agent/pods/kubernetes/pod_warning.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "lib/json/members.h"
#include "lib/json/path.h"

namespace faasbatch::pods {
namespace {

constexpr std::array<std::string_view, 4> kFurther{"Pulling", "Pulled", "Created", "Started"};

std::string textAt(std::string_view json, std::initializer_list<std::string_view> path) {
  const auto raw = json::at(json, path);
  return raw ? json::asString(*raw).value_or("") : "";
}

// RFC 3339 in UTC, of which the text's order is that of time, to the second.
std::string timeOf(std::string_view event) {
  std::string time = textAt(event, {"series", "lastObservedTime"});
  for (const std::string_view field : {"eventTime", "deprecatedLastTimestamp"}) {
    if (time.empty()) time = textAt(event, {field});
  }
  constexpr std::size_t kSeconds = std::string_view("2006-01-02T15:04:05").size();
  return time.substr(0, kSeconds);
}

}  // namespace

std::string newestWarning(const kube::Page& events) {
  std::string newest;
  std::string when;
  std::string further;
  for (const kube::Object& event : events.items) {
    std::string time = timeOf(event.json);
    const std::string reason = textAt(event.json, {"reason"});
    if (textAt(event.json, {"type"}) == "Warning") {
      if (!newest.empty() && time < when) continue;
      when = std::move(time);
      newest = reason + ": " + textAt(event.json, {"note"});
    } else if (std::ranges::find(kFurther, reason) != kFurther.end()) {
      further = std::max(further, time);
    }
  }
  return !further.empty() && further >= when ? "" : newest;
}

}  // namespace faasbatch::pods
