// Directories that a killed agent could not remove: the next one does.
#pragma once

#include <filesystem>

namespace faasbatch::pods {

// Marks `directory` as in use by this process, as long as the descriptor that is given back stays open: a
// file `lock` in it is held with flock. -1 where that fails; then nobody takes the directory for stale
// either.
int claimDirectory(const std::filesystem::path& directory);

// Removes the directories `faasbatch-XXXXXX` of this user under `parent` whose lock nobody holds. Those
// without a lock are left alone: somebody is just making them.
void removeStaleDirectories(const std::filesystem::path& parent);

}  // namespace faasbatch::pods
