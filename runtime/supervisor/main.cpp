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
  if (!options) {
    std::fprintf(stderr, "faasbatch-runtime: %s\n%s", options.error().message.c_str(),
                 supervisor::kUsage.data());
    return 2;
  }
  if (options->help) {
    std::fputs(supervisor::kUsage.data(), stdout);
    return 0;
  }
  return supervisor::run(*options);
}
