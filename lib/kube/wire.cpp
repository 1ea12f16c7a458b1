#include "lib/kube/wire.h"

#include <array>
#include <optional>
#include <utility>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/path.h"

namespace faasbatch::kube {
namespace {

using Type = WatchEvent::Type;

std::optional<Type> typeOf(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Type>, 5> kTypes{{{"ADDED", Type::kAdded},
                                                                     {"MODIFIED", Type::kModified},
                                                                     {"DELETED", Type::kDeleted},
                                                                     {"BOOKMARK", Type::kBookmark},
                                                                     {"ERROR", Type::kError}}};
  for (const auto& [known, type] : kTypes) {
    if (known == name) return type;
  }
  return std::nullopt;
}

base::Result<WatchEvent> invalid(std::string_view why) {
  return base::fail("InvalidResponse", "not a line of a watch: " + std::string(why));
}

}  // namespace

base::Result<WatchEvent> parseWatchEvent(std::string_view line) {
  if (const auto checked = json::check(line); !checked) return invalid(checked.error().message);
  const auto members = json::members(line);
  if (!members) return invalid(members.error().message);
  const auto name = json::asString(json::find(*members, "type").value_or(""));
  const auto object = json::find(*members, "object");
  const auto type = name ? typeOf(*name) : std::nullopt;
  if (!type || !object) return invalid("no type or no object");
  WatchEvent event{.type = *type};
  if (event.type == Type::kError) {
    event.error = parseApiError(200, *object, "");
    return event;
  }
  const Named named = event.type == Type::kBookmark ? Named::kNo : Named::kYes;
  auto parsed = parseCheckedObject(std::string(*object), named);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  event.object = std::move(*parsed);
  if (event.type == Type::kBookmark)
    event.object = {.resourceVersion = std::move(event.object.resourceVersion)};
  return event;
}

base::Result<Page> parsePage(std::string_view body) {
  const auto fail = [](const std::string& why) {
    return base::fail("InvalidResponse", "not a list of the Kubernetes API: " + why);
  };
  if (const auto checked = json::check(body); !checked) return fail(checked.error().message);
  const auto members = json::members(body);
  if (!members) return fail(members.error().message);
  const auto metadata = json::find(*members, "metadata");
  auto items = json::find(*members, "items");
  if (!metadata || !items) return fail("no metadata or no items");
  if (*items == "null") items = "[]";  // Go's empty list
  Page page;
  page.resourceVersion = json::asString(json::at(*metadata, {"resourceVersion"}).value_or("")).value_or("");
  page.next = json::asString(json::at(*metadata, {"continue"}).value_or("")).value_or("");
  const auto elements = json::elements(*items);
  if (!elements) return fail(elements.error().message);
  page.items.reserve(elements->size());
  for (const std::string_view element : *elements) {
    auto object = parseCheckedObject(std::string(element));
    if (!object) return std::unexpected(std::move(object.error()));
    page.items.push_back(std::move(*object));
  }
  return page;
}

}  // namespace faasbatch::kube
