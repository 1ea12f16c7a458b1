// `completion`: words of the command line for bash, zsh and fish.
#include <string>

#include "cli/commands.h"
#include "cli/io.h"

namespace faasbatch::cli {
namespace {

constexpr const char* kBash = R"SH(# faasbatch completion for bash: source <(faasbatch completion bash)
_faasbatch() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]}
  local verbs="dev validate apply get delete convert eval invoke logs timeline graph cancel completion"
  case "$previous" in
    -o|--output) COMPREPLY=($(compgen -W "json yaml table" -- "$current")); return ;;
    --from) COMPREPLY=($(compgen -W "faasflow faasflow-flat" -- "$current")); return ;;
    --status) COMPREPLY=($(compgen -W "Pending Running Succeeded Failed Cancelled TimedOut" -- "$current")); return ;;
    --data|--python|--workflow|--input|-f) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  if [ "$COMP_CWORD" = 1 ]; then COMPREPLY=($(compgen -W "$verbs" -- "$current")); return; fi
  case "$verb" in
    get) COMPREPLY=($(compgen -W "workflows invocations invocation -o --workflow --status --limit -n --server" -- "$current")) ;;
    delete) COMPREPLY=($(compgen -W "workflow" -- "$current")) ;;
    invoke) COMPREPLY=($(compgen -W "$(faasbatch get workflows 2>/dev/null | awk 'NR>1 {print $1}') -d --async --wait" -- "$current")) ;;
    logs|timeline|cancel|graph) COMPREPLY=($(compgen -W "$(faasbatch get invocations 2>/dev/null | awk 'NR>1 {print $1}')" -- "$current")) ;;
    completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$current")) ;;
    dev) COMPREPLY=($(compgen -W "--listen --data --workflow --redis --couchdb --python" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o default -F _faasbatch faasbatch kubectl-faasbatch
)SH";

constexpr const char* kFish = R"SH(# faasbatch completion for fish: faasbatch completion fish | source
complete -c faasbatch -f -n __fish_use_subcommand -a "dev validate apply get delete convert eval invoke logs timeline graph cancel completion"
complete -c faasbatch -n "__fish_seen_subcommand_from get" -a "workflows invocations invocation"
complete -c faasbatch -n "__fish_seen_subcommand_from invoke" -a "(faasbatch get workflows 2>/dev/null | awk 'NR>1 {print \$1}')"
complete -c faasbatch -n "__fish_seen_subcommand_from logs timeline cancel graph" -a "(faasbatch get invocations 2>/dev/null | awk 'NR>1 {print \$1}')"
complete -c faasbatch -n "__fish_seen_subcommand_from completion" -a "bash zsh fish"
complete -c faasbatch -s o -l output -x -a "json yaml table"
complete -c faasbatch -s n -l namespace -x
complete -c faasbatch -l server -x
)SH";

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

}  // namespace faasbatch::cli
