// What becomes of a damaged journal.
#pragma once

#include <string>

#include "lib/base/time.h"
#include "node-agent/journal/database.h"

namespace faasbatch::journal {

// Renames `path` and its -wal and -shm to PATH.damaged-TIME..., and logs where they went and `why`. No
// connection may be open. The new path, or an empty one if the file could not be renamed.
std::string setAside(const std::string& path, base::Instant now, const std::string& why);

// Copies what can still be read of the manifests and the unfinished runs from the damaged file into `fresh`;
// logs how much that was. Never fails: what cannot be read stays behind.
void salvage(const std::string& damaged, Database& fresh);

// Opens `path`; if it is damaged, sets it aside and begins a new one with what could be salvaged.
Outcome<Database> openOrReplace(const std::string& path, base::Instant now);

}  // namespace faasbatch::journal
