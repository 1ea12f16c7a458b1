#include "lib/telemetry/process_metrics.h"

#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "lib/telemetry/text_format.h"

namespace faasbatch::telemetry {
namespace {

void appendValue(std::string& out, std::string_view name, std::string_view help, std::string_view type,
                 double value) {
  appendHead(out, name, help, type);
  out.append(name).append(" ").append(formatNumber(value)).append("\n");
}

// Fields of /proc/self/stat from the third on (the second, the program's name, may hold blanks): proc(5).
std::vector<std::string> statFields() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return {};
  std::istringstream rest(text.substr(end + 1));
  std::vector<std::string> fields;
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

double secondsSinceEpochAtBoot() {
  timespec wall{};
  timespec boot{};
  clock_gettime(CLOCK_REALTIME, &wall);
  clock_gettime(CLOCK_BOOTTIME, &boot);
  return static_cast<double>(wall.tv_sec - boot.tv_sec) +
         static_cast<double>(wall.tv_nsec - boot.tv_nsec) / 1e9;
}

}  // namespace

void appendProcessMetrics(std::string& out) {
  constexpr std::size_t kUserTicks = 11;
  constexpr std::size_t kSystemTicks = 12;
  constexpr std::size_t kStartTicks = 19;
  constexpr std::size_t kResidentPages = 21;
  const std::vector<std::string> fields = statFields();
  if (fields.size() > kResidentPages) {
    const auto number = [&fields](std::size_t i) { return std::strtod(fields[i].c_str(), nullptr); };
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    appendValue(out, "process_resident_memory_bytes", "Resident memory.", "gauge",
                number(kResidentPages) * static_cast<double>(sysconf(_SC_PAGESIZE)));
    appendValue(out, "process_cpu_seconds_total", "User and system CPU time.", "counter",
                (number(kUserTicks) + number(kSystemTicks)) / ticks);
    appendValue(out, "process_start_time_seconds", "Start of the process since the Unix epoch.", "gauge",
                secondsSinceEpochAtBoot() + number(kStartTicks) / ticks);
  }
  std::error_code error;
  const std::filesystem::directory_iterator begin("/proc/self/fd", error);
  if (error) return;
  const auto open = std::distance(begin, std::filesystem::directory_iterator());
  appendValue(out, "process_open_fds", "Open file descriptors.", "gauge", static_cast<double>(open - 1));
}

}  // namespace faasbatch::telemetry
