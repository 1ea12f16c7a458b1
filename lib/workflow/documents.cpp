#include "lib/workflow/manifest.h"

#include <string>
#include <string_view>
#include <vector>

namespace faasbatch::workflow {
namespace {

bool marker(std::string_view line, std::string_view mark) {
  return line.starts_with(mark) && (line.size() == mark.size() || line[mark.size()] == ' ' ||
                                    line[mark.size()] == '\t' || line[mark.size()] == '\r');
}

// Whether a line holds more than white space, a comment or a directive.
bool hasContent(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first != std::string_view::npos && line[first] != '#' && line[0] != '%';
}

}  // namespace

// Lines are enough: "---" and "..." at the beginning of a line mark documents even inside quoted text.
std::vector<std::string> splitDocuments(std::string_view yaml) {
  std::vector<std::string> documents;
  std::string document;
  bool content = false;
  const auto finish = [&] {
    if (content) documents.push_back(std::move(document));
    document.clear();
    content = false;
  };
  while (!yaml.empty()) {
    const std::size_t end = yaml.find('\n');
    std::string_view line = yaml.substr(0, end);
    yaml.remove_prefix(end == std::string_view::npos ? yaml.size() : end + 1);
    if (marker(line, "---") || marker(line, "...")) {
      finish();
      line.remove_prefix(3);
    }
    content = content || hasContent(line);
    document += line;
    document += '\n';
  }
  finish();
  return documents;
}

}  // namespace faasbatch::workflow
