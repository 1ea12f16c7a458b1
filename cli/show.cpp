#include "cli/show.h"

#include "cli/io.h"
#include "lib/json/check.h"
#include "lib/json/indent.h"
#include "lib/tree/yaml.h"

namespace faasbatch::cli {

int show(const Arguments& arguments, const std::string& json) {
  if (const auto sound = json::check(json); !sound)
    return failed("the server's answer is not JSON: " + sound.error().message);
  if (arguments.output == Output::kYaml) {
    const auto yaml = tree::jsonToYaml(json);
    if (!yaml) return failed(yaml.error());
    printLine(*yaml);
  } else {
    printLine(json::indented(json));
  }
  return 0;
}

}  // namespace faasbatch::cli
