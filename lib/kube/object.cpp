#include "lib/kube/object.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/write.h"

namespace faasbatch::kube {
namespace {

base::Result<Object> invalid(std::string_view why) {
  return base::fail("InvalidResponse", "not an object of the Kubernetes API: " + std::string(why));
}

std::string text(const std::vector<json::Member>& members, std::string_view key) {
  const auto raw = json::find(members, key);
  return raw ? json::asString(*raw).value_or("") : "";
}

// The raw value of `metadata`; empty where there is none.
std::string_view metadataOf(const std::string& object) {
  const auto members = json::members(object);
  if (!members) return {};
  return json::find(*members, "metadata").value_or(std::string_view());
}

}  // namespace

base::Result<Object> parseObject(std::string json, Named named) {
  if (const auto checked = json::check(json); !checked) return invalid(checked.error().message);
  return parseCheckedObject(std::move(json), named);
}

base::Result<Object> parseCheckedObject(std::string json, Named named) {
  const auto metadata = json::members(metadataOf(json));
  if (!metadata) return invalid("it has no metadata");
  Object object;
  object.key = {text(*metadata, "namespace"), text(*metadata, "name")};
  if (object.key.name.empty() && named == Named::kYes) return invalid("its metadata has no name");
  object.uid = text(*metadata, "uid");
  object.resourceVersion = text(*metadata, "resourceVersion");
  if (const auto raw = json::find(*metadata, "generation")) {
    object.generation = json::asInt(*raw).value_or(0);
  }
  object.deleting = !text(*metadata, "deletionTimestamp").empty();
  object.json = std::move(json);
  return object;
}

void dropManagedFields(Object& object) {
  const std::string_view metadata = metadataOf(object.json);
  const auto members = json::members(metadata);
  if (!members || !json::find(*members, "managedFields")) return;
  std::string kept;
  kept.reserve(object.json.size());
  kept.append(object.json, 0, static_cast<std::size_t>(metadata.data() - object.json.data()));
  json::Object out(kept);
  for (const json::Member& member : *members) {
    if (member.key != "managedFields") out.raw(member.key, member.value);
  }
  out.end();
  const char* const behind = metadata.data() + metadata.size();
  kept.append(behind, static_cast<std::size_t>(object.json.data() + object.json.size() - behind));
  kept.shrink_to_fit();
  object.json = std::move(kept);
}

ObjectReference referenceTo(const Resource& resource, const Object& object) {
  return {resource.apiVersion(), std::string(resource.kind), object.key, object.uid};
}

}  // namespace faasbatch::kube
