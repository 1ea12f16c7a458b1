// Fields of API objects, and what is said where an object is not there. Texts must be checked JSON, as those
// of kube::Object are.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "cli/check/part.h"
#include "cli/cluster/api_server.h"
#include "lib/cluster/names.h"
#include "lib/json/members.h"
#include "lib/json/path.h"

namespace faasbatch::cli {

using Path = std::initializer_list<std::string_view>;

inline std::string textAt(std::string_view json, Path path) {
  return json::asString(json::at(json, path).value_or("")).value_or("");
}
inline std::int64_t numberAt(std::string_view json, Path path, std::int64_t otherwise = 0) {
  return json::asInt(json::at(json, path).value_or("")).value_or(otherwise);
}
inline bool flagAt(std::string_view json, Path path) {
  return json::asBool(json::at(json, path).value_or("")).value_or(false);
}
inline std::vector<std::string_view> itemsAt(std::string_view json, Path path) {
  return json::elements(json::at(json, path).value_or("[]")).value_or(std::vector<std::string_view>());
}
// The element of a list whose `key` is `value`; empty where there is none.
inline std::string_view itemWith(std::string_view json, Path path, std::string_view key,
                                 std::string_view value) {
  const auto items = itemsAt(json, path);
  const auto found =
      std::ranges::find_if(items, [&](std::string_view i) { return textAt(i, {key}) == value; });
  return found == items.end() ? std::string_view("{}") : *found;
}
inline std::string_view conditionOf(std::string_view json, std::string_view type) {
  return itemWith(json, {"status", "conditions"}, "type", type);
}
inline std::string versionLabel(std::string_view json) {
  return textAt(json, {"metadata", "labels", cluster::kVersionLabel});
}
// "docker.io/library/redis:7.4.2" -> "7.4.2"; without a tag the whole.
inline std::string tagOf(const std::string& image) {
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.find(':', slash == std::string::npos ? 0 : slash);
  return colon == std::string::npos ? image : image.substr(colon + 1);
}

// Of an object that could not be read.
inline Part unread(std::string name, const kube::ApiError& error, const std::string& whenMissing) {
  if (error.status == 403) return Part::unknown(std::move(name), "you may not see it: " + error.message);
  if (error.status == 404) return Part::wrong(std::move(name), "", "is missing: " + whenMissing);
  return Part::wrong(std::move(name), "", describe(error));
}

inline constexpr const char* kInstallChart = "install the chart again (helm upgrade --install)";

// Endpoints that are ready.
inline std::size_t readyEndpoints(const std::vector<kube::Object>& slices) {
  std::size_t ready = 0;
  for (const kube::Object& slice : slices) {
    for (const std::string_view endpoint : itemsAt(slice.json, {"endpoints"})) {
      ready += flagAt(endpoint, {"conditions", "ready"}) ? itemsAt(endpoint, {"addresses"}).size() : 0;
    }
  }
  return ready;
}

// Why a pod is not ready, in its kubelet's or the scheduler's words; empty where nothing says it.
std::string podTrouble(const kube::Object& pod);
bool podReady(const kube::Object& pod);
// The first trouble of several, with the pod's name.
std::string firstTrouble(const std::vector<kube::Object>& pods);

}  // namespace faasbatch::cli
