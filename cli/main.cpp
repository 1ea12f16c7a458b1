// faasbatch, also kubectl-faasbatch: the command line of FaaSBatch.
#include <csignal>
#include <cstdio>

#include "cli/arguments.h"
#include "cli/commands.h"

namespace {

int run(const faasbatch::cli::Arguments& arguments) {
  using namespace faasbatch::cli;
  switch (arguments.verb) {
    case Verb::kDev:
      return dev(arguments);
    case Verb::kValidate:
      return validate(arguments);
    case Verb::kApply:
      return apply(arguments);
    case Verb::kGet:
      return get(arguments);
    case Verb::kDelete:
      return remove(arguments);
    case Verb::kConvert:
      return convert(arguments);
    case Verb::kEval:
      return eval(arguments);
    case Verb::kInvoke:
      return invoke(arguments);
    case Verb::kLogs:
      return logs(arguments);
    case Verb::kTimeline:
      return timeline(arguments);
    case Verb::kGraph:
      return graph(arguments);
    case Verb::kCancel:
      return cancel(arguments);
    case Verb::kCompletion:
      return completion(arguments);
  }
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const auto arguments = faasbatch::cli::parseArguments(argc, argv);
  if (!arguments) {
    const bool help = arguments.error().kind == "Help";
    std::fprintf(help ? stdout : stderr, help ? "%s\n" : "faasbatch: %s\n",
                 arguments.error().message.c_str());
    return help ? 0 : 2;
  }
  return run(*arguments);
}
