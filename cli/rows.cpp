#include "cli/rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace faasbatch::cli {
namespace {

using Json = nlohmann::json;
using Row = std::vector<std::string>;

// The items of a list; an object alone is one.
base::Result<std::vector<Json>> itemsOf(std::string_view json) {
  Json body = Json::parse(json, nullptr, false);
  if (!body.is_object()) return base::fail("InvalidResponse", "the server's answer is not JSON");
  if (!body.contains("items")) return std::vector<Json>{std::move(body)};
  std::vector<Json> items;
  if (!body["items"].is_array()) return base::fail("InvalidResponse", "the server's answer is no list");
  for (Json& item : body["items"]) {
    if (item.is_object()) items.push_back(std::move(item));
  }
  return items;
}

std::string text(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string()
             ? object[key].get<std::string>()
             : "";
}

Json member(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) ? object[key] : Json();
}

// RFC 3339 of UTC without fractions of a second.
std::string seconds(const std::string& time) { return time.empty() ? "" : time.substr(0, 19) + "Z"; }

std::string runtimes(const Json& functions) {
  std::set<std::string> names;
  for (const Json& function : functions) names.insert(text(function, "runtime"));
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ",") + name;
  return joined;
}

// One line of it, cut between characters of UTF-8.
std::string cut(std::string message) {
  message = message.substr(0, message.find('\n'));
  if (message.size() <= kMaxMessageShown) return message;
  std::size_t end = kMaxMessageShown;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xc0) == 0x80) --end;
  return message.substr(0, end) + "...";
}

Row workflowRow(const Json& item, const Shown& shown) {
  const Json metadata = member(item, "metadata");
  const Json spec = member(item, "spec");
  Row row;
  if (shown.allNamespaces) row.push_back(text(metadata, "namespace"));
  row.insert(row.end(), {text(metadata, "name"), std::to_string(member(spec, "steps").size()),
                         std::to_string(member(spec, "functions").size())});
  if (shown.wide) row.insert(row.end(), {runtimes(member(spec, "functions")), text(spec, "timeout")});
  return row;
}

Row invocationRow(const Json& item, const Shown& shown) {
  std::string workflow = text(item, "workflow");
  if (const std::string function = text(item, "function"); !function.empty()) workflow += "/" + function;
  const Json error = member(item, "error");
  Row row;
  if (shown.allNamespaces) row.push_back(text(item, "namespace"));
  row.insert(row.end(), {text(item, "id"), workflow, text(item, "status"), seconds(text(item, "createdAt"))});
  if (shown.wide) row.push_back(seconds(text(item, "finishedAt")));
  row.push_back(text(error, "type"));
  if (shown.wide) row.insert(row.end(), {text(error, "step"), cut(text(error, "message"))});
  return row;
}

template <class MakeRow>
base::Result<Workflows::Rows> rowsOf(std::string_view json, const Shown& shown, Row heading,
                                     MakeRow makeRow) {
  const auto items = itemsOf(json);
  if (!items) return std::unexpected(items.error());
  if (shown.allNamespaces) heading.insert(heading.begin(), "NAMESPACE");
  Workflows::Rows rows{std::move(heading)};
  for (const Json& item : *items) rows.push_back(makeRow(item, shown));
  return rows;
}

template <class NameOf>
base::Result<std::string> namesOf(std::string_view json, const char* kind, NameOf nameOf) {
  const auto items = itemsOf(json);
  if (!items) return std::unexpected(items.error());
  std::string lines;
  for (const Json& item : *items) lines += std::string(kind) + "/" + nameOf(item) + "\n";
  return lines;
}

}  // namespace

base::Result<Workflows::Rows> workflowRows(std::string_view json, const Shown& shown) {
  Row heading{"NAME", "STEPS", "FUNCTIONS"};
  if (shown.wide) heading.insert(heading.end(), {"RUNTIMES", "TIMEOUT"});
  return rowsOf(json, shown, std::move(heading), workflowRow);
}

base::Result<Workflows::Rows> invocationRows(std::string_view json, const Shown& shown) {
  Row heading{"ID", "WORKFLOW", "STATUS", "CREATED", "ERROR"};
  if (shown.wide) heading = {"ID", "WORKFLOW", "STATUS", "CREATED", "FINISHED", "ERROR", "STEP", "MESSAGE"};
  return rowsOf(json, shown, std::move(heading), invocationRow);
}

bool hasMore(std::string_view json) { return !text(Json::parse(json, nullptr, false), "continue").empty(); }

base::Result<std::string> workflowNames(std::string_view json) {
  return namesOf(json, "functionworkflow.faasbatch.io",
                 [](const Json& item) { return text(member(item, "metadata"), "name"); });
}

base::Result<std::string> invocationNames(std::string_view json) {
  return namesOf(json, "invocation", [](const Json& item) { return text(item, "id"); });
}

}  // namespace faasbatch::cli
