// `faasbatch convert`: FaaSFlow's files as FunctionWorkflows.
#include "lib/workflow/convert.h"

#include <filesystem>

#include "cli/commands.h"
#include "cli/io.h"
#include "lib/tree/yaml.h"

namespace faasbatch::cli {

int convert(const Arguments& arguments) {
  const std::string& file = arguments.files.front();
  const auto text = readAll(file);
  if (!text) return failed(text.error());
  const auto form =
      arguments.from == "faasflow" ? workflow::FaasflowForm::kHierarchical : workflow::FaasflowForm::kFlat;
  const std::string name = std::filesystem::path(file).filename().string();
  auto converted =
      workflow::convertFaasflow(*text, form, {name.substr(0, name.find('.')), arguments.timeScale});
  if (!converted) return failed(file + ": " + converted.error().message);
  if (arguments.output == Output::kJson) {
    printLine(*converted);
    return 0;
  }
  const auto yaml = tree::jsonToYaml(*converted);
  if (!yaml) return failed(yaml.error());
  printLine(*yaml);
  return 0;
}

}  // namespace faasbatch::cli
