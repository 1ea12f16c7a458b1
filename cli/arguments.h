// The command line of faasbatch and kubectl-faasbatch.
#pragma once

#include <string>
#include <vector>

#include "lib/base/error.h"

namespace faasbatch::cli {

enum class Verb {
  kDev,
  kValidate,
  kApply,
  kGet,
  kDelete,
  kConvert,
  kEval,
  kInvoke,
  kLogs,
  kTimeline,
  kGraph,
  kCancel,
  kCompletion
};

enum class Output { kTable, kJson, kYaml };

inline constexpr const char* kDefaultServer = "http://127.0.0.1:8080";  // the dev agent's

struct Arguments {
  Verb verb = Verb::kDev;
  std::string server;  // FAASBATCH_SERVER, or the dev agent's
  std::string nameSpace = "default";
  Output output = Output::kTable;
  bool outputGiven = false;

  std::vector<std::string> files;  // validate, apply, convert (one)
  std::string resource;            // get, delete: "workflows", "workflow", "invocations", "invocation"
  std::string name;                // of the resource, WORKFLOW[/FUNCTION], ID, shell
  std::string data;                // invoke -d
  bool async = false;
  bool wait = false;
  std::string idempotencyKey;
  std::string from;  // convert
  double timeScale = 1.0;
  std::string expression;  // eval
  std::string inputFile;
  bool lines = false;
  std::string workflow;  // get invocations
  std::string status;
  unsigned limit = 20;
  bool follow = false;                      // logs
  std::vector<std::string> agentArguments;  // dev: passed on as they are
};

// Kind "Usage": one line and a hint. Kind "Help": the help text asked for.
base::Result<Arguments> parseArguments(int argc, const char* const* argv);

}  // namespace faasbatch::cli
