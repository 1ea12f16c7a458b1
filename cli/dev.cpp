// `faasbatch dev`: becomes the agent, so that its process id is the one the caller has.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/io.h"

namespace faasbatch::cli {

int dev(const Arguments& arguments) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string agent = (self.parent_path() / "faasbatch-agent").string();
  std::vector<std::string> words{agent};
  words.insert(words.end(), arguments.agentArguments.begin(), arguments.agentArguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(agent.c_str(), argv.data());
  return failed("cannot start " + agent + ": " + std::strerror(errno) + "; it is installed beside faasbatch");
}

}  // namespace faasbatch::cli
