// What writing and reading the journal's form share.
#pragma once

#include "node-agent/engine/event.h"

namespace faasbatch::engine {

inline constexpr int kJournalVersion = 1;

}  // namespace faasbatch::engine
