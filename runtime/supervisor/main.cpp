// faasbatch-runtime: the supervisor of a function pod; re-executed with `native-worker` it is the worker.
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/supervisor/options.h"
#include "runtime/supervisor/program.h"
#include "runtime/workers/native/worker.h"

int main(int argc, char** argv) {
  using namespace faasbatch;
  if (argc == 2 && std::string_view(argv[1]) == "native-worker") return native::runWorker();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto options = supervisor::parseOptions(arguments);
  const std::string usage(supervisor::kUsage);
  if (!options) {
    std::fprintf(stderr, "faasbatch-runtime: %s\n%s", options.error().message.c_str(), usage.c_str());
    return 2;
  }
  if (options->help) {
    std::fputs(usage.c_str(), stdout);
    return 0;
  }
  return supervisor::run(*options);
}
