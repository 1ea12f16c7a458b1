// faasbatch, also kubectl-faasbatch: the command line of FaaSBatch.
#include <csignal>
#include <cstdio>

#include "cli/api.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/io.h"

namespace {

using namespace faasbatch::cli;

using ApiVerb = int (*)(const Arguments&, Api&);

// Those that talk to an agent or a cluster.
ApiVerb apiVerb(Verb verb) {
  switch (verb) {
    case Verb::kApply:
      return apply;
    case Verb::kGet:
      return get;
    case Verb::kDelete:
      return remove;
    case Verb::kInvoke:
      return invoke;
    case Verb::kLogs:
      return logs;
    case Verb::kTimeline:
      return timeline;
    case Verb::kGraph:
      return graph;
    case Verb::kCancel:
      return cancel;
    default:
      return nullptr;
  }
}

int run(const Arguments& arguments) {
  switch (arguments.verb) {
    case Verb::kDev:
      return dev(arguments);
    case Verb::kValidate:
      return validate(arguments);
    case Verb::kConvert:
      return convert(arguments);
    case Verb::kEval:
      return eval(arguments);
    case Verb::kCompletion:
      return completion(arguments);
    case Verb::kComplete:
      return completeWords(arguments);
    case Verb::kCheck:
      return check(arguments);
    default:
      break;
  }
  const auto api = Api::open(arguments);
  if (api) return apiVerb(arguments.verb)(arguments, **api);
  failed(api.error());
  return api.error().kind == "Usage" ? 2 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const auto arguments = parseArguments(argc, argv);
  if (!arguments) {
    const bool help = arguments.error().kind == "Help";
    std::fprintf(help ? stdout : stderr, help ? "%s\n" : "faasbatch: %s\n",
                 arguments.error().message.c_str());
    return help ? 0 : 2;
  }
  return run(*arguments);
}
