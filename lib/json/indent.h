// JSON text laid out for people.
#pragma once

#include <string>
#include <string_view>

namespace faasbatch::json {

// The same value over several lines, two blanks a level; empty objects and arrays stay on one. Numbers,
// strings and the order of members stay as they were written. Precondition: check() passes `json`.
std::string indented(std::string_view json);

}  // namespace faasbatch::json
