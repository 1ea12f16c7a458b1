#include "cli/cluster/cluster_workflows.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/json/write.h"
#include "lib/tree/yaml.h"

namespace faasbatch::cli {
namespace {

using Faults = std::vector<workflow::Fault>;

constexpr const char* kFieldManager = "faasbatch";

std::string cell(const nlohmann::json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Of the object that a row is of.
std::string nameSpaceOf(const nlohmann::json& row) {
  static const nlohmann::json::json_pointer kPath("/object/metadata/namespace");
  return row.is_object() && row.contains(kPath) ? cell(row[kPath]) : "";
}

std::string textAt(std::string_view json, std::initializer_list<std::string_view> path) {
  return json::asString(json::at(json, path).value_or("")).value_or("");
}

Faults faultsOf(const kube::ApiError& error) {
  Faults faults;
  for (const auto& cause : error.causes) {
    if (!cause.message.empty()) faults.push_back({cause.field, cause.message});
  }
  if (!faults.empty()) return faults;
  std::string message = describe(error);
  if (error.reason == "Conflict") message += " (--force-conflicts takes the fields over)";
  return {{"", std::move(message)}};
}

class ClusterWorkflows final : public Workflows {
 public:
  ClusterWorkflows(ApiServer& api, ClusterWorkflowOptions options)
      : api_(api), options_(std::move(options)) {}

  base::Result<std::string> get(const std::string& name) override {
    auto object = api_.get(kKind, {options_.nameSpace, name});
    if (object) return std::move(object->json);
    return missing(object.error());
  }

  base::Result<std::string> list(bool allNamespaces) override {
    const auto all = api_.list(kKind, {.nameSpace = allNamespaces ? "" : options_.nameSpace});
    if (!all) return missing(all.error());
    std::string json;
    json::Object list(json);
    list.text("apiVersion", "v1").text("kind", "List");
    json::appendList(list.key("items"), *all,
                     [](std::string& to, const kube::Object& object) { to += object.json; });
    list.end();
    return json;
  }

  base::Result<Rows> rows(const Shown& shown) override {
    const auto pages = api_.tables(kKind, shown.allNamespaces ? "" : options_.nameSpace, shown.name);
    if (!pages) return missing(pages.error());
    Rows all;
    for (const std::string& page : *pages) {
      auto rows = rowsOfTable(page, shown, all.empty());
      if (!rows) return rows;
      std::ranges::move(*rows, std::back_inserter(all));
    }
    return all;
  }

  std::expected<AppliedWorkflow, Faults> apply(const std::string& document) override {
    auto json = tree::yamlToJson(document, tree::kMaxYamlNodes);
    if (!json) return std::unexpected(Faults{{"", json.error().message}});
    const auto key = keyOf(*json);
    if (!key) return std::unexpected(Faults{key.error()});
    const auto before = api_.getMetadata(kKind, *key);
    api_.takeWarnings();
    const auto after = api_.apply(kKind, *key, std::move(*json),
                                  {.fieldManager = kFieldManager,
                                   .fieldValidation = "Strict",
                                   .force = options_.forceConflicts,
                                   .dryRun = options_.dryRun});
    if (!after) return std::unexpected(faultsOf(after.error()));
    std::string what = "configured";
    if (!before && before.error().status == 404) what = "created";
    if (before && before->resourceVersion == after->resourceVersion) what = "unchanged";
    if (options_.dryRun) what += " (server dry run)";
    return AppliedWorkflow{key->name, std::move(what), api_.takeWarnings()};
  }

  base::Result<void> remove(const std::string& name) override {
    const auto removed = api_.remove(kKind, {options_.nameSpace, name});
    if (removed) return {};
    return missing(removed.error());
  }

 private:
  static constexpr const kube::Resource& kKind = kube::kFunctionWorkflows;

  static std::unexpected<base::Error> missing(const kube::ApiError& error) {
    // An unknown path is answered 404 too, but with no Status that names an object.
    const bool kind = error.status == 404 && error.message.starts_with("HTTP status 404");
    if (kind) {
      return base::fail("NotInstalled",
                        "this cluster does not know FunctionWorkflow: install the chart "
                        "helm/faasbatch (kubectl faasbatch check)");
    }
    return base::fail(error.status == 404 ? "NotFound" : error.reason, describe(error));
  }

  std::expected<kube::ObjectKey, workflow::Fault> keyOf(std::string_view json) const {
    if (const std::string kind = textAt(json, {"kind"}); kind != kKind.kind) {
      return std::unexpected(workflow::Fault{
          "kind", "\"" + kind + "\" is not FunctionWorkflow: other kinds are for kubectl apply"});
    }
    if (const std::string version = textAt(json, {"apiVersion"}); version != kKind.apiVersion()) {
      return std::unexpected(
          workflow::Fault{"apiVersion", "\"" + version + "\" is not " + kKind.apiVersion()});
    }
    kube::ObjectKey key{textAt(json, {"metadata", "namespace"}), textAt(json, {"metadata", "name"})};
    if (key.name.empty()) return std::unexpected(workflow::Fault{"metadata.name", "is missing"});
    if (options_.nameSpaceGiven && !key.nameSpace.empty() && key.nameSpace != options_.nameSpace) {
      return std::unexpected(
          workflow::Fault{"metadata.namespace",
                          "\"" + key.nameSpace + "\" is not the namespace of -n, " + options_.nameSpace});
    }
    if (key.nameSpace.empty()) key.nameSpace = options_.nameSpace;
    return key;
  }

  ApiServer& api_;
  ClusterWorkflowOptions options_;
};

}  // namespace

base::Result<Workflows::Rows> rowsOfTable(std::string_view json, const Shown& shown, bool heading) {
  const auto table = nlohmann::json::parse(json, nullptr, false);
  const bool whole = table.is_object() && table.contains("columnDefinitions") &&
                     table["columnDefinitions"].is_array() &&
                     table.value("rows", nlohmann::json()).is_array();
  if (!whole) return base::fail("InvalidResponse", "the API server's answer is no table");
  std::vector<std::size_t> chosen;
  Workflows::Rows rows;
  if (heading) rows.emplace_back();
  if (heading && shown.allNamespaces) rows.front().emplace_back("NAMESPACE");
  const auto& columns = table["columnDefinitions"];
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].is_object()) continue;
    if (!shown.wide && cell(columns[i].value("priority", nlohmann::json(0))) != "0") continue;
    chosen.push_back(i);
    std::string name = cell(columns[i].value("name", nlohmann::json()));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    if (heading) rows.front().push_back(std::move(name));
  }
  for (const auto& row : table["rows"]) {
    std::vector<std::string>& out = rows.emplace_back();
    const auto cells = row.is_object() ? row.value("cells", nlohmann::json()) : nlohmann::json();
    if (shown.allNamespaces) out.push_back(nameSpaceOf(row));
    for (const std::size_t i : chosen) out.push_back(i < cells.size() ? cell(cells[i]) : "");
  }
  return rows;
}

std::unique_ptr<Workflows> clusterWorkflows(ApiServer& api, ClusterWorkflowOptions options) {
  return std::make_unique<ClusterWorkflows>(api, std::move(options));
}

}  // namespace faasbatch::cli
