// A record drawn as bars: where the time of each attempt went.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::cli {

struct TimelineStyle {
  unsigned width = 80;  // columns in all
  bool colour = false;
};

// Pure. One line per attempt on the time scale of the run: `.` waiting in the queue, `~` in the batch window,
// `*` for a cold start,
// `#` running (transport and store included). Kind "InvalidRecord".
base::Result<std::string> drawTimeline(std::string_view record, const TimelineStyle& style);

}  // namespace faasbatch::cli
