#include "node-agent/journal/entry.h"

#include <algorithm>

namespace faasbatch::journal {

std::string joinLines(const std::vector<std::string>& events) {
  std::size_t size = 0;
  for (const std::string& event : events) size += event.size() + 1;
  std::string lines;
  lines.reserve(size);
  for (const std::string& event : events) {
    const std::size_t start = lines.size();
    lines += event;
    std::replace(lines.begin() + static_cast<std::ptrdiff_t>(start), lines.end(), '\n', ' ');
    lines += '\n';
  }
  return lines;
}

void eachLine(std::string_view text, const std::function<void(std::string_view)>& take) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    take(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

}  // namespace faasbatch::journal
