// Answers as JSON or YAML.
#pragma once

#include <string>

#include "cli/arguments.h"

namespace faasbatch::cli {

// `json` in the form that is asked for, JSON where that is a table. The exit code.
int show(const Arguments& arguments, const std::string& json);

}  // namespace faasbatch::cli
