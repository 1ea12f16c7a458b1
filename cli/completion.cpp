// `completion`: scripts of shells; `__complete`: what they and kubectl ask.
#include <nlohmann/json.hpp>
#include <string>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/io.h"

namespace faasbatch::cli {
namespace {

constexpr const char* kBash = R"SH(# faasbatch completion for bash: source <(faasbatch completion bash)
_faasbatch() {
  local IFS=$'\n'
  COMPREPLY=($("$1" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | sed '/^:/d'))
}
complete -o default -F _faasbatch faasbatch kubectl-faasbatch
)SH";

constexpr const char* kFish = R"SH(# faasbatch completion for fish: faasbatch completion fish | source
complete -c faasbatch -a '(faasbatch __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null | string match -v ":*")'
)SH";

// As cobra's programs end their answer (kubectl asks its plugins so).
constexpr const char* kWithFiles = ":0";
constexpr const char* kWithoutFiles = ":4";

std::vector<std::string> namesOfWorkflows(Api& api) {
  const auto rows = api.workflows().rows({});
  std::vector<std::string> names;
  for (std::size_t i = 1; rows && i < rows->size(); ++i) {
    if (!(*rows)[i].empty()) names.push_back((*rows)[i].front());
  }
  return names;
}

std::vector<std::string> invocationIds(Api& api) {
  const auto answer = api.succeed("GET", "/invocations?limit=50");
  const auto list = nlohmann::json::parse(answer ? answer->body : "", nullptr, false);
  std::vector<std::string> ids;
  if (!list.is_object()) return ids;
  for (const auto& item : list.value("items", nlohmann::json::array())) ids.push_back(item.value("id", ""));
  return ids;
}

}  // namespace

int completion(const Arguments& arguments) {
  if (arguments.name == "fish") {
    print(kFish);
  } else if (arguments.name == "zsh") {
    print(
        "# faasbatch completion for zsh: source <(faasbatch completion zsh)\nautoload -U +X bashcompinit && "
        "bashcompinit\n" +
        std::string(kBash));
  } else {
    print(kBash);
  }
  return 0;
}

int completeWords(const Arguments& arguments) {
  const auto ask = [&arguments](std::vector<std::string> (*names)(Api&)) {
    const auto api = Api::open(arguments);
    return api ? names(**api) : std::vector<std::string>();
  };
  const bool byPortForward = arguments.cluster && !arguments.gatewayNamed;
  const Completion found = complete(
      arguments.words,
      {.workflows = [&] { return ask(namesOfWorkflows); },
       // A port-forward takes longer than one who presses a key waits.
       .invocations = [&] { return byPortForward ? std::vector<std::string>() : ask(invocationIds); }});
  for (const std::string& word : found.words) printLine(word);
  printLine(found.files ? kWithFiles : kWithoutFiles);
  return 0;
}

}  // namespace faasbatch::cli
