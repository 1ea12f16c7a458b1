// `invoke`: runs a workflow or a function, shows progress while it waits, prints the output.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/io.h"
#include "cli/show.h"
#include "lib/json/members.h"

namespace faasbatch::cli {
namespace {

using Json = nlohmann::json;

base::Result<std::string> inputOf(const Arguments& arguments) {
  if (arguments.data.empty()) return std::string();
  if (arguments.data == "-") return readAll("-");
  if (arguments.data.front() == '@') return readAll(arguments.data.substr(1));
  return arguments.data;
}

std::string pathOf(const std::string& name) {
  const auto slash = name.find('/');
  std::string path = "/workflows/" + segment(name.substr(0, slash));
  if (slash != std::string::npos) path += "/functions/" + segment(name.substr(slash + 1));
  return path + "/invocations";
}

void showProgress(const Json& record) {
  std::size_t done = 0;
  const Json steps = record.value("steps", Json::array());
  for (const Json& step : steps) {
    const std::string status = step.value("status", "");
    done += status != "Pending" && status != "Running";
  }
  std::fprintf(stderr, "\r\033[K%s: %zu of %zu steps done", record.value("status", "").c_str(), done,
               steps.size());
}

// As it is typed.
std::string logsHint(const Arguments& arguments, const std::string& id) {
  return std::string(" (") + (arguments.cluster ? "kubectl faasbatch" : "faasbatch") + " logs " + id + ")";
}

// As the function wrote it: numbers stay what they were.
int printOutput(const Arguments& arguments, std::string_view output) {
  if (arguments.output == Output::kYaml) return show(arguments, std::string(output));
  printLine(output);
  return 0;
}

std::string_view outputOf(const std::string& record) {
  const auto members = json::members(record);
  const auto output = members ? json::find(*members, "output") : std::nullopt;
  return output.value_or("null");
}

// Waits for the end of a run and prints its output, or its error.
int follow(const Arguments& arguments, Api& api, const std::string& id) {
  const bool progress = errorIsTerminal();
  while (true) {
    const auto answer =
        api.succeed("GET", "/invocations/" + segment(id) + (progress ? "?wait=1" : "?wait=25"));
    if (!answer) return failed(answer.error());
    const Json record = Json::parse(answer->body, nullptr, false);
    if (!record.is_object()) return failed("the server's answer is not JSON");
    const std::string status = record.value("status", "");
    if (status == "Pending" || status == "Running") {
      if (progress) showProgress(record);
      continue;
    }
    if (progress) std::fputs("\r\033[K", stderr);
    if (status == "Succeeded") return printOutput(arguments, outputOf(answer->body));
    const Json error = record.value("error", Json::object());
    return failed(status + ": step \"" + error.value("step", "") + "\": " + error.value("type", "") + ": " +
                  error.value("message", "") + logsHint(arguments, id));
  }
}

}  // namespace

int invoke(const Arguments& arguments, Api& api) {
  auto input = inputOf(arguments);
  if (!input) return failed(input.error());
  net::Headers headers;
  headers.add("Content-Type", "application/json");
  if (!arguments.idempotencyKey.empty()) headers.add("Idempotency-Key", arguments.idempotencyKey);
  // A caller at a terminal sees progress; a script gets the one plain answer.
  const bool patient = errorIsTerminal() && !arguments.async;
  if (arguments.async) headers.add("Prefer", "respond-async");
  if (patient) headers.add("Prefer", "respond-async, wait=1");
  const auto answer =
      api.call("POST", pathOf(arguments.name), std::move(*input), std::move(headers), kInvokeTime);
  if (!answer) return failed(answer.error());
  const std::string id(answer->headers.find("Invocation-Id").value_or(""));
  if (answer->status >= 400) {
    return failed(api.problemOf(*answer) + (id.empty() ? "" : logsHint(arguments, id)));
  }
  if (answer->status != 202) return printOutput(arguments, answer->body);
  if (arguments.async && !arguments.wait) {
    printLine(id);
    return 0;
  }
  return follow(arguments, api, id);
}

}  // namespace faasbatch::cli
