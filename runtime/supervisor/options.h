// The command line of faasbatch-runtime.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/net/endpoint.h"

namespace faasbatch::supervisor {

enum class Runtime { kPython, kNative };

struct Options {
  Runtime runtime = Runtime::kPython;
  net::Endpoint listen;
  std::string python = "/usr/bin/python3";
  std::string libexec;  // empty: beside the program
  int lifelineFd = -1;  // at its end everything ends
  bool help = false;
};

extern const std::string_view kUsage;

// `arguments` without the program's name. Kind "InvalidArgument" with the argument.
base::Result<Options> parseOptions(std::span<const std::string> arguments);

}  // namespace faasbatch::supervisor
