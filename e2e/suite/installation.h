// The release under test, installed by Helm as a user would.
#pragma once

#include <string>
#include <vector>

#include "lib/base/time.h"

namespace faasbatch::e2e {

inline constexpr std::string_view kRelease = "faasbatch";

// `helm upgrade --install` with the suite's values ($E2E_VALUES: more files, separated by blanks) and these,
// and waits as --wait does. How long it took.
base::Duration installRelease(std::vector<std::string> more = {});
void uninstallRelease();
bool isInstalled();

// What a failure is looked into with: logs, events and objects, into a folder below $E2E_ARTIFACTS
// (build/e2e); its path.
std::string collect(std::string_view name);

// "NAME: 1.23 s" on standard output, for the reader of a log.
void say(std::string_view what, base::Duration took);

}  // namespace faasbatch::e2e
