// Pieces of the Prometheus text format, version 0.0.4.
#pragma once

#include <string>
#include <string_view>

#include "lib/telemetry/metrics.h"

namespace faasbatch::telemetry {

// Shortest decimal that reads back.
std::string formatNumber(double value);

// `name="value",other="value"` with backslash, quote and line break escaped; no braces.
std::string formatLabels(const Labels& labels);

// Appends `# HELP` (escaped) and `# TYPE`.
void appendHead(std::string& out, std::string_view name, std::string_view help, std::string_view type);

}  // namespace faasbatch::telemetry
