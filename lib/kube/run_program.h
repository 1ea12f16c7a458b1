// Runs a program to its end, with a time limit.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"

namespace faasbatch::kube {

struct ProgramCall {
  std::vector<std::string> argv;         // the first is looked for on PATH where it has no slash
  std::vector<std::string> environment;  // "NAME=value", added to ours
  base::Duration time = std::chrono::seconds(60);
  std::size_t maxOutput = 1 << 20;
};

struct ProgramEnd {
  int status = 0;      // as waitpid() gives it; -1: somebody else of this process took it
  std::string output;  // stdout
  std::string errors;  // the end of stderr, at most kMaxProgramErrors
};
inline constexpr std::size_t kMaxProgramErrors = 500;

// Blocks. The program has no terminal, the limit of descriptors from before base::raiseDescriptorLimit(), and
// reads nothing; it and its process group are killed when the time is up, when it prints too much or when
// `stop` is asked for. Kinds "ProgramNotFound", "ProgramFailed" (not started, or killed so).
base::Result<ProgramEnd> runProgram(const ProgramCall& call, const std::stop_token& stop);

}  // namespace faasbatch::kube
