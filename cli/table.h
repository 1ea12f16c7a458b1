// Tables as kubectl prints them.
#pragma once

#include <string>
#include <vector>

namespace faasbatch::cli {

// Columns padded to their widest cell, three blanks apart, no blanks at the end of a line. The first row is
// the heading.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace faasbatch::cli
