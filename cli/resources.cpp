// `apply`, `get`, `delete`: workflows and invocations as resources.
#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/io.h"
#include "cli/table.h"
#include "lib/tree/yaml.h"
#include "lib/workflow/manifest.h"

namespace faasbatch::cli {
namespace {

using Json = nlohmann::json;

int show(const Arguments& arguments, const std::string& json) {
  if (arguments.output == Output::kYaml) {
    const auto yaml = tree::jsonToYaml(json);
    if (!yaml) return failed(yaml.error());
    printLine(*yaml);
  } else {
    printLine(Json::parse(json, nullptr, false).dump(2));
  }
  return 0;
}

std::string text(const Json& object, const char* key) {
  return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : "";
}

void showWorkflows(const Json& list) {
  std::vector<std::vector<std::string>> rows{{"NAME", "STEPS", "FUNCTIONS"}};
  for (const Json& item : list["items"]) {
    const Json& spec = item["spec"];
    rows.push_back({text(item["metadata"], "name"), std::to_string(spec.value("steps", Json::array()).size()),
                    std::to_string(spec.value("functions", Json::array()).size())});
  }
  print(table(rows));
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

int apply(const Arguments& arguments) {
  Api api(arguments);
  int exitCode = 0;
  for (const std::string& file : arguments.files) {
    const auto content = readAll(file);
    if (!content) return failed(content.error());
    for (const std::string& document : workflow::splitDocuments(*content)) {
      const auto compiled = workflow::compile(document, arguments.nameSpace);
      if (!compiled) {
        for (const auto& fault : compiled.error())
          failed(file + ": " + fault.path + (fault.path.empty() ? "" : ": ") + fault.message);
        exitCode = 1;
        continue;
      }
      net::Headers headers;
      headers.add("Content-Type", "application/yaml");
      const std::string& name = compiled->plan->name;
      const auto answer = api.succeed("PUT", "/workflows/" + segment(name), document, headers);
      if (!answer) return failed(answer.error());
      printLine("functionworkflow.faasbatch.io/" + name +
                (answer->status == 201 ? " created" : " configured"));
    }
  }
  return exitCode;
}

int get(const Arguments& arguments) {
  Api api(arguments);
  const bool workflows = arguments.resource != "invocations" && arguments.resource != "invocation";
  const std::string folder = workflows ? "/workflows" : "/invocations";
  const bool one = !arguments.name.empty();
  if (!one && arguments.resource == "invocation")
    return failed("name the invocation: faasbatch get invocation ID");
  const std::string path = one         ? folder + "/" + segment(arguments.name)
                           : workflows ? folder
                                       : listPath(arguments);
  const auto answer = api.succeed("GET", path);
  if (!answer) return failed(answer.error());
  if (arguments.output != Output::kTable) return show(arguments, answer->body);
  const Json body = Json::parse(answer->body, nullptr, false);
  if (!body.is_object()) return failed("the server's answer is not JSON");
  if (workflows) {
    showWorkflows(one ? Json{{"items", Json::array({body})}} : body);
  } else if (one) {
    return show(arguments, answer->body);
  } else {
    showInvocations(body["items"]);
  }
  return 0;
}

int remove(const Arguments& arguments) {
  Api api(arguments);
  const auto answer = api.succeed("DELETE", "/workflows/" + segment(arguments.name));
  if (!answer) return failed(answer.error());
  printLine("functionworkflow.faasbatch.io/" + arguments.name + " deleted");
  return 0;
}

}  // namespace faasbatch::cli
