// How a log line looks: one JSON object, "time", "level" and "message" first, then the fields in their order.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "lib/base/time.h"
#include "lib/telemetry/log.h"

namespace faasbatch::telemetry {

// Without the line break.
std::string formatLine(base::Instant time, Level level, std::string_view message,
                       std::initializer_list<Field> fields);

}  // namespace faasbatch::telemetry
