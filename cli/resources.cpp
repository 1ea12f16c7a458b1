// `apply`, `get`, `delete`: workflows and invocations as resources.
#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/io.h"
#include "cli/show.h"
#include "cli/table.h"
#include "lib/workflow/manifest.h"

namespace faasbatch::cli {
namespace {

using Json = nlohmann::json;

std::string text(const Json& object, const char* key) {
  return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : "";
}

void showInvocations(const Json& items) {
  std::vector<std::vector<std::string>> rows{{"ID", "WORKFLOW", "STATUS", "CREATED", "ERROR"}};
  for (const Json& item : items) {
    std::string workflow = text(item, "workflow");
    if (const std::string function = text(item, "function"); !function.empty()) workflow += "/" + function;
    const bool error = item.contains("error") && item["error"].is_object();
    rows.push_back({text(item, "id"), workflow, text(item, "status"), text(item, "createdAt").substr(0, 19),
                    error ? text(item["error"], "type") : ""});
  }
  print(table(rows));
}

std::string listPath(const Arguments& a) {
  std::string path = "/invocations?limit=" + std::to_string(a.limit);
  if (!a.workflow.empty()) path += "&workflow=" + segment(a.workflow);
  if (!a.status.empty()) path += "&status=" + segment(a.status);
  return path;
}

}  // namespace

int apply(const Arguments& arguments, Api& api) {
  int exitCode = 0;
  for (const std::string& file : arguments.files) {
    const auto content = readAll(file);
    if (!content) return failed(content.error());
    for (const std::string& document : workflow::splitDocuments(*content)) {
      const auto applied = api.workflows().apply(document);
      if (!applied) {
        for (const auto& fault : applied.error())
          failed(file + ": " + fault.path + (fault.path.empty() ? "" : ": ") + fault.message);
        exitCode = 1;
        continue;
      }
      for (const std::string& warning : applied->warnings) complain(file + ": warning: " + warning);
      printLine("functionworkflow.faasbatch.io/" + applied->name + " " + applied->what);
    }
  }
  return exitCode;
}

namespace {

int getWorkflows(const Arguments& arguments, Workflows& workflows) {
  if (arguments.output == Output::kTable) {
    const auto rows = workflows.rows(arguments.name);
    if (!rows) return failed(rows.error());
    print(table(*rows));
    return 0;
  }
  const auto json = arguments.name.empty() ? workflows.list() : workflows.get(arguments.name);
  return json ? show(arguments, *json) : failed(json.error());
}

int getInvocations(const Arguments& arguments, Api& api) {
  const bool one = !arguments.name.empty();
  if (!one && arguments.resource == "invocation")
    return failed("name the invocation: faasbatch get invocation ID");
  const auto answer =
      api.succeed("GET", one ? "/invocations/" + segment(arguments.name) : listPath(arguments));
  if (!answer) return failed(answer.error());
  if (one || arguments.output != Output::kTable) return show(arguments, answer->body);
  const Json body = Json::parse(answer->body, nullptr, false);
  if (!body.is_object()) return failed("the server's answer is not JSON");
  showInvocations(body.value("items", Json::array()));
  return 0;
}

}  // namespace

int get(const Arguments& arguments, Api& api) {
  if (arguments.resource == "invocations" || arguments.resource == "invocation") {
    return getInvocations(arguments, api);
  }
  return getWorkflows(arguments, api.workflows());
}

int remove(const Arguments& arguments, Api& api) {
  if (const auto removed = api.workflows().remove(arguments.name); !removed) return failed(removed.error());
  printLine("functionworkflow.faasbatch.io/" + arguments.name + " deleted");
  return 0;
}

}  // namespace faasbatch::cli
