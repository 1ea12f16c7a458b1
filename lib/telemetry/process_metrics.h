// What the process itself costs, as the Prometheus client libraries name it.
#pragma once

#include <string>

namespace faasbatch::telemetry {

// Appends process_resident_memory_bytes, process_cpu_seconds_total, process_open_fds,
// process_start_time_seconds. What /proc does not tell is left out.
void appendProcessMetrics(std::string& out);

}  // namespace faasbatch::telemetry
