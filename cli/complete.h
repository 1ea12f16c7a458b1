// What may stand at the end of a command line.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace faasbatch::cli {

// Names that only a server knows.
struct CompletionNames {
  std::function<std::vector<std::string>()> workflows;
  std::function<std::vector<std::string>()> invocations;
};

struct Completion {
  std::vector<std::string> words;  // all that begin as the last word does
  bool files = false;              // or a file's name
  friend bool operator==(const Completion&, const Completion&) = default;
};

// `line` is what stands behind the program's name; its last word, which may be empty, is to be completed.
// Pure but for what `names` asks, which is asked only where a name is to stand.
Completion complete(const std::vector<std::string>& line, const CompletionNames& names);

// The options in `line` that say where to ask ("--context", "-n", ...), each as "--name=value".
std::vector<std::string> targetOptions(const std::vector<std::string>& line);

}  // namespace faasbatch::cli
