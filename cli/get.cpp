// `get`: workflows and invocations, as kubectl shows resources.
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/io.h"
#include "cli/rows.h"
#include "cli/show.h"
#include "cli/table.h"

namespace faasbatch::cli {
namespace {

std::string listQuery(const Arguments& a) {
  std::string query = "?limit=" + std::to_string(a.limit);
  if (!a.workflow.empty()) query += "&workflow=" + segment(a.workflow);
  if (!a.status.empty()) query += "&status=" + segment(a.status);
  return query;
}

Shown shownBy(const Arguments& a) {
  return {.name = a.name, .allNamespaces = a.allNamespaces, .wide = a.output == Output::kWide};
}

bool isTable(const Arguments& a) { return a.output == Output::kTable || a.output == Output::kWide; }

int showRows(const Arguments& arguments, const Api& api, base::Result<Workflows::Rows> rows) {
  if (!rows) return failed(rows.error());
  if (rows->size() <= 1) {
    note(arguments.allNamespaces ? "No resources found"
                                 : "No resources found in " + api.nameSpace() + " namespace.");
    return 0;
  }
  if (arguments.noHeaders) rows->erase(rows->begin());
  print(table(*rows));
  return 0;
}

int showNames(const base::Result<std::string>& names) {
  if (!names) return failed(names.error());
  print(*names);
  return 0;
}

int getWorkflows(const Arguments& arguments, Api& api) {
  Workflows& workflows = api.workflows();
  if (isTable(arguments)) return showRows(arguments, api, workflows.rows(shownBy(arguments)));
  const auto json =
      arguments.name.empty() ? workflows.list(arguments.allNamespaces) : workflows.get(arguments.name);
  if (!json) return failed(json.error());
  return arguments.output == Output::kName ? showNames(workflowNames(*json)) : show(arguments, *json);
}

int getInvocations(const Arguments& arguments, Api& api) {
  const bool one = !arguments.name.empty();
  const auto answer = one ? api.succeed("GET", "/invocations/" + segment(arguments.name))
                      : arguments.allNamespaces ? api.everywhere("/invocations" + listQuery(arguments))
                                                : api.succeed("GET", "/invocations" + listQuery(arguments));
  if (!answer) return failed(answer.error());
  if (arguments.output == Output::kName) return showNames(invocationNames(answer->body));
  // Without a form one record is shown whole.
  if (!isTable(arguments) || (one && !arguments.outputGiven)) return show(arguments, answer->body);
  const int shown = showRows(arguments, api, invocationRows(answer->body, shownBy(arguments)));
  if (hasMore(answer->body))
    note("These are the newest " + std::to_string(arguments.limit) + ": --limit N shows more.");
  return shown;
}

}  // namespace

int get(const Arguments& arguments, Api& api) {
  return arguments.resource == ResourceKind::kInvocations ? getInvocations(arguments, api)
                                                          : getWorkflows(arguments, api);
}

}  // namespace faasbatch::cli
