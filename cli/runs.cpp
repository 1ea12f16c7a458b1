// `logs`, `timeline`, `graph`, `cancel`: one invocation looked at.
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/graph.h"
#include "cli/io.h"
#include "cli/show.h"
#include "cli/timeline.h"
#include "lib/workflow/manifest.h"

namespace faasbatch::cli {
namespace {

using Json = nlohmann::json;

std::string logText(const std::string& jsonLines, std::size_t skip) {
  std::string out;
  std::istringstream in(jsonLines);
  std::string raw;
  for (std::size_t i = 0; std::getline(in, raw); ++i) {
    const Json line = Json::parse(raw, nullptr, false);
    if (i < skip || !line.is_object()) continue;
    std::string where = line.value("step", "");
    for (const Json& index : line.value("index", Json::array())) where += "[" + index.dump() + "]";
    std::string text = line.value("text", "");
    if (text.empty() || text.back() != '\n') text += '\n';
    out += coloured(where, 36) + " " + text;
  }
  return out;
}

// Of the invocation, also where it is written as `get -o name` prints it.
std::string pathOf(const Arguments& arguments) { return "/invocations/" + segment(bareName(arguments.name)); }

bool ended(const std::string& record) {
  const Json json = Json::parse(record, nullptr, false);
  const std::string status = json.is_object() ? json.value("status", "") : "";
  return status != "Pending" && status != "Running";
}

}  // namespace

int logs(const Arguments& arguments, Api& api) {
  const std::string path = pathOf(arguments);
  std::size_t shown = 0;
  while (true) {
    bool last = !arguments.follow;
    if (arguments.follow) {
      const auto record = api.succeed("GET", path + "?wait=1");
      if (!record) return failed(record.error());
      last = ended(record->body);
    }
    const auto answer = api.succeed("GET", path + "/logs");
    if (!answer) return failed(answer.error());
    if (arguments.output == Output::kJson) {
      if (last) print(answer->body);
    } else {
      print(logText(answer->body, shown));
      shown = static_cast<std::size_t>(std::ranges::count(answer->body, '\n'));
    }
    if (last) return 0;
  }
}

int timeline(const Arguments& arguments, Api& api) {
  const auto answer = api.succeed("GET", pathOf(arguments));
  if (!answer) return failed(answer.error());
  const bool colour = outputIsTerminal() && coloured("x", 1) != "x";
  const auto drawn = drawTimeline(answer->body, {terminalWidth(), colour});
  if (!drawn) return failed(drawn.error());
  print(*drawn);
  return 0;
}

int graph(const Arguments& arguments, Api& api) {
  const std::string name(bareName(arguments.name));
  Outcomes outcomes;
  bool isRun = false;
  auto object = api.workflows().get(name);
  if (!object && object.error().kind == "NotFound") {
    const auto record = api.succeed("GET", "/invocations/" + segment(name));
    if (!record && record.error().kind == "NotFound")
      return failed("there is no workflow and no invocation \"" + name + "\"");
    if (!record) return failed(record.error());
    const Json json = Json::parse(record->body, nullptr, false);
    if (!json.is_object()) return failed("the server's answer is not JSON");
    outcomes = outcomesOf(record->body);
    isRun = true;
    object = api.workflows().get(json.value("workflow", ""));
  }
  if (!object) return failed(object.error());
  const auto compiled = workflow::compile(*object, api.nameSpace());
  if (!compiled) return failed("the workflow does not compile: " + compiled.error().front().message);
  print(drawGraph(*compiled->plan, isRun ? &outcomes : nullptr));
  return 0;
}

int cancel(const Arguments& arguments, Api& api) {
  const auto answer = api.succeed("DELETE", pathOf(arguments));
  if (!answer) return failed(answer.error());
  if (arguments.output != Output::kTable) return show(arguments, answer->body);
  printLine(answer->status == 202 ? "invocation " + arguments.name + " is being cancelled"
                                  : "invocation " + arguments.name + " had ended already");
  return 0;
}

}  // namespace faasbatch::cli
