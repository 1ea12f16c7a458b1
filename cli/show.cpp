#include "cli/show.h"

#include <nlohmann/json.hpp>

#include "cli/io.h"
#include "lib/tree/yaml.h"

namespace faasbatch::cli {

int show(const Arguments& arguments, const std::string& json) {
  if (arguments.output == Output::kYaml) {
    const auto yaml = tree::jsonToYaml(json);
    if (!yaml) return failed(yaml.error());
    printLine(*yaml);
  } else {
    printLine(nlohmann::json::parse(json, nullptr, false).dump(2));
  }
  return 0;
}

}  // namespace faasbatch::cli
