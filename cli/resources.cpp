// `apply`, `delete`: workflows as resources.
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/io.h"
#include "lib/workflow/manifest.h"

namespace faasbatch::cli {
int apply(const Arguments& arguments, Api& api) {
  int exitCode = 0;
  for (const std::string& file : arguments.files) {
    const auto content = readAll(file);
    if (!content) return failed(content.error());
    const std::vector<std::string> documents = workflow::splitDocuments(*content);
    if (documents.empty()) exitCode = failed(file + ": there is no manifest in it");
    for (const std::string& document : documents) {
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

int remove(const Arguments& arguments, Api& api) {
  if (const auto removed = api.workflows().remove(arguments.name); !removed) return failed(removed.error());
  printLine("functionworkflow.faasbatch.io/" + arguments.name + " deleted");
  return 0;
}

}  // namespace faasbatch::cli
