#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "cli/complete.h"
#include "cli/examples.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::cli {
namespace {

constexpr const char* kVersion = "faasbatch " FAASBATCH_VERSION;

void addLocalVerbs(CLI::App& app, Arguments& a) {
  app.add_subcommand("dev", "run the agent on this machine, with processes as pods");

  auto* validate = app.add_subcommand("validate", "check manifests; every fault is named");
  validate->add_option("FILE", a.files, "manifest files, - for standard input")->required();
  validate->callback([&a] { a.verb = Verb::kValidate; });

  auto* convert = app.add_subcommand("convert", "turn a FaaSFlow workflow into a FunctionWorkflow");
  convert->add_option("--from", a.from, "form of the file")
      ->required()
      ->check(CLI::IsMember({"faasflow", "faasflow-flat"}));
  convert->add_option("--time-scale", a.timeScale, "factor of the functions' run times")
      ->check(CLI::NonNegativeNumber);
  convert->add_option("FILE", a.files, "FaaSFlow file")->required()->expected(1);
  convert->callback([&a] { a.verb = Verb::kConvert; });

  auto* eval = app.add_subcommand("eval", "evaluate a CEL expression");
  eval->add_option("EXPR", a.expression, "the expression, with the variable `input`");
  eval->add_option("--input", a.inputFile, "file with the JSON value of `input`, - for standard input");
  eval->add_flag("--lines", a.lines,
                 R"(read {"expr", "input"} lines from standard input, answer line by line)");
  eval->callback([&a] {
    a.verb = Verb::kEval;
    if (a.lines == !a.expression.empty()) throw CLI::ValidationError("eval", "give either EXPR or --lines");
  });

  auto* check = app.add_subcommand("check", "look at every part of an installation in a cluster");
  check->callback([&a] { a.verb = Verb::kCheck; });

  app.add_subcommand("version", "print the version")->callback([] {
    throw CLI::CallForVersion(kVersion, 0);
  });
  app.add_subcommand("help", "explain a command: help COMMAND");

  auto* completion = app.add_subcommand("completion", "print the completion script of a shell");
  completion->add_option("SHELL", a.name)->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&a] { a.verb = Verb::kCompletion; });
}

void addResourceVerbs(CLI::App& app, Arguments& a, std::string& dryRun, std::string& resource) {
  auto* apply = app.add_subcommand("apply", "apply manifests");
  apply->add_flag("--dry-run{server}", dryRun, "on a cluster: everything is checked, nothing is kept")
      ->check(CLI::IsMember({"server", "none"}));
  apply->add_flag("--force-conflicts", a.forceConflicts, "on a cluster: take over fields of others");
  apply->add_option("FILE,-f,--filename", a.files, "manifest files, - for standard input")->required();
  apply->callback([&a] { a.verb = Verb::kApply; });

  auto* get = app.add_subcommand("get", "show workflows or invocations");
  get->add_option("RESOURCE", resource, "workflows (fwf) or invocations; also RESOURCE/NAME")->required();
  get->add_option("NAME", a.name, "one of them");
  get->add_option("--workflow", a.workflow, "only invocations of this workflow");
  get->add_option("--status", a.status,
                  "only invocations that are Pending, Running, Succeeded, Failed, Cancelled or TimedOut")
      ->check(CLI::IsMember({"Pending", "Running", "Succeeded", "Failed", "Cancelled", "TimedOut"}));
  get->add_option("--limit", a.limit, "how many invocations at most")
      ->check(CLI::Range(1, 500))
      ->capture_default_str();
  get->add_flag("-A,--all-namespaces", a.allNamespaces, "those of all namespaces");
  get->add_flag("--no-headers", a.noHeaders, "tables without their first line");
  get->callback([&a] { a.verb = Verb::kGet; });

  auto* remove = app.add_subcommand("delete", "delete a workflow");
  remove->add_option("RESOURCE", resource, "workflow (fwf); also workflow/NAME")->required();
  remove->add_option("NAME", a.name, "which one");
  remove->callback([&a] { a.verb = Verb::kDelete; });
}

void addRunVerbs(CLI::App& app, Arguments& a) {
  auto* invoke = app.add_subcommand("invoke", "run a workflow or one of its functions");
  invoke->add_option("WORKFLOW[/FUNCTION]", a.name)->required();
  invoke->add_option("-d,--data", a.data, "input: JSON, @FILE, or - for standard input");
  invoke->add_flag("--async", a.async, "print the invocation's id and leave it");
  invoke->add_flag("--wait", a.wait, "with --async: wait for the end and print the output");
  invoke->add_option("--idempotency-key", a.idempotencyKey,
                     "the same key gives the same invocation for 24 hours");
  invoke->callback([&a] { a.verb = Verb::kInvoke; });

  auto* logs = app.add_subcommand("logs", "print what an invocation printed");
  logs->add_option("ID", a.name)->required();
  logs->add_flag("-f,--follow", a.follow, "until the invocation ends");
  logs->callback([&a] { a.verb = Verb::kLogs; });

  const auto one = [&](const char* name, const char* text, const char* operand, Verb verb) {
    auto* command = app.add_subcommand(name, text);
    command->add_option(operand, a.name)->required();
    command->callback([&a, verb] { a.verb = verb; });
  };
  one("timeline", "draw where the time of an invocation went", "ID", Verb::kTimeline);
  one("graph", "print a workflow or an invocation as a Mermaid graph", "NAME|ID", Verb::kGraph);
  one("cancel", "cancel an invocation", "ID", Verb::kCancel);
}

std::string firstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// "kubectl-faasbatch" of its path.
std::string_view programName(const char* path) {
  const std::string_view whole(path);
  return whole.substr(whole.rfind('/') + 1);
}

const char* variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

void addCommonOptions(CLI::App& app, Arguments& a, std::string& output) {
  app.add_option("-n,--namespace", a.nameSpace, "namespace of workflows and invocations");
  app.add_option("-o,--output", output, "form of the output")
      ->check(CLI::IsMember({"json", "yaml", "wide", "name", "table"}));
  app.add_option(
      "-s,--server", a.server,
      std::string("address of an agent or a gateway (or FAASBATCH_SERVER; default ") + kDefaultServer + ")");
  const auto cluster = [&](const char* name, std::string& value, const char* text) {
    app.add_option(name, value, text)->group("Cluster");
  };
  cluster("--kubeconfig", a.kubeconfig, "kubeconfig file (default: as kubectl finds it)");
  cluster("--context", a.context, "context of the kubeconfig");
  cluster("--faasbatch-namespace", a.systemNamespace,
          "namespace of the installation (or FAASBATCH_NAMESPACE; default: it is looked for)");
  cluster("--gateway-ca", a.gatewayCa, "file with the CA of the gateway's certificate, if it is your own");
  cluster("--gateway-server-name", a.gatewayServerName,
          "name in the gateway's certificate, if it is your own");
}

void addServerOptions(CLI::App& app, ServerFlags& flags) {
  const auto option = [&](const char* name, std::string& value, const char* text) {
    app.add_option(name, value, text)->group("Server with https");
  };
  option("--certificate-authority", flags.certificateAuthority,
         "file with the authorities to trust (default: the system's)");
  option("--tls-server-name", flags.tlsServerName, "name in its certificate (default: the address's)");
  app.add_flag("--insecure-skip-tls-verify", flags.insecureSkipTlsVerify, "believe any certificate")
      ->group("Server with https");
  option("--client-certificate", flags.clientCertificate, "file with your certificate");
  option("--client-key", flags.clientKey, "file with its key");
  option("--token-file,--token", flags.tokenFile,
         "file with your token (or FAASBATCH_TOKEN: the token; default: of the kubeconfig, for kubectl)");
}

// Empty: nothing is wrong with the flags of a server together.
std::string wrongFlags(const Arguments& a) {
  const ServerFlags& f = a.flags;
  const bool https = a.server.starts_with("https://") && a.cluster == a.gatewayNamed;
  const bool any = f.insecureSkipTlsVerify || !f.certificateAuthority.empty() || !f.tlsServerName.empty() ||
                   !f.clientCertificate.empty() || !f.clientKey.empty() || !f.tokenFile.empty();
  if (any && !https) {
    return "--certificate-authority, --tls-server-name, --insecure-skip-tls-verify, --client-certificate, "
           "--client-key and --token-file go with --server https://HOST";
  }
  if (f.insecureSkipTlsVerify && !(f.certificateAuthority.empty() && f.tlsServerName.empty()))
    return "--insecure-skip-tls-verify asks nobody whom to trust: give either it or the others";
  if (f.clientCertificate.empty() != f.clientKey.empty())
    return "--client-certificate and --client-key go together";
  return "";
}

// What the flags leave open.
void chooseTarget(Arguments& a, bool plugin) {
  const bool named = !a.kubeconfig.empty() || !a.context.empty() || !a.systemNamespace.empty();
  a.gatewayNamed = a.server.starts_with("https://") && (plugin || named);
  a.cluster = (a.server.empty() || a.gatewayNamed) && (plugin || named);
  if (a.server.empty() && !plugin) a.server = variable("FAASBATCH_SERVER");
  if (a.server.empty()) a.server = kDefaultServer;
  if (a.systemNamespace.empty()) a.systemNamespace = variable("FAASBATCH_NAMESPACE");
}

Output outputOf(std::string_view name) {
  if (name == "json") return Output::kJson;
  if (name == "yaml") return Output::kYaml;
  if (name == "wide") return Output::kWide;
  return name == "name" ? Output::kName : Output::kTable;
}

// Empty: what is asked for can be done.
std::string contradiction(const Arguments& a) {
  if (a.dryRun && !a.cluster)
    return "--dry-run asks a cluster; without one, `faasbatch validate` checks manifests";
  const bool ofGet = a.output == Output::kWide || a.output == Output::kName;
  if (ofGet && a.verb != Verb::kGet && a.verb != Verb::kComplete) return "-o wide and -o name are for `get`";
  if (a.allNamespaces && !a.name.empty())
    return "a resource cannot be got by name across all namespaces: give either NAME or --all-namespaces";
  return wrongFlags(a);
}

// No command was understood: which was meant?
std::string unknownCommand(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining();
  const auto word =
      std::ranges::find_if(rest, [](const std::string& each) { return !each.starts_with('-'); });
  if (word == rest.end()) return "no command is given";
  std::vector<std::string> names;
  for (const CLI::App* each : app.get_subcommands(nullptr)) names.push_back(each->get_name());
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  return workflow::unknownName("command", *word, candidates);
}

base::Error usageError(const CLI::App& app, const CLI::ParseError& error) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty() && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    return {"Usage", unknownCommand(app) + " (see " + app.get_name() + " --help)"};
  const std::string command = app.get_name() + (chosen.empty() ? "" : " " + chosen.front()->get_name());
  return {"Usage", firstLine(error.what()) + " (see " + command + " --help)"};
}

// With the whole line to type, and examples.
std::string helpOf(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) return app.help();
  const std::string examples = examplesOf(chosen.front()->get_name(), app.get_name());
  return chosen.front()->help(app.get_name()) + examples + (examples.empty() ? "" : "\n") +
         "Options of every command, such as -n, -o and --server: " + app.get_name() + " --help";
}

// Empty: the resource that `get` and `delete` name can be shown or deleted.
std::string takeResource(Arguments& a, const std::string& text) {
  auto resource = parseResource(text);
  if (!resource) return resource.error().message;
  a.resource = resource->kind;
  if (!resource->name.empty() && !a.name.empty()) return "a name behind RESOURCE/NAME is one too many";
  if (!resource->name.empty()) a.name = std::move(resource->name);
  if (a.verb == Verb::kGet) return "";
  if (a.resource == ResourceKind::kInvocations)
    return "workflows are deleted; an invocation is ended by `cancel ID`";
  return a.name.empty() ? "NAME is required" : "";
}

// What every command takes means nothing to an agent, but -n. (Its --namespace is that of agents in a
// cluster.)
std::vector<std::string> agentArguments(const std::vector<std::string>& words) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string name = words[i].substr(0, words[i].find('='));
    if (name == "--namespace") {
      kept.emplace_back("-n");
      if (name != words[i]) kept.push_back(words[i].substr(name.size() + 1));
    } else if (name != "-o" && name != "--output" && name != "-s" && name != "--server") {
      kept.push_back(words[i]);
    } else if (name == words[i]) {
      ++i;  // its value
    }
  }
  return kept;
}

// The words of a line that is not complete, and of its options where to ask for names.
base::Result<Arguments> parseCompletion(int argc, const char* const* argv) {
  const std::vector<std::string> words(argv + 2, argv + argc);
  std::vector<std::string> line = targetOptions(words);
  std::vector<const char*> target{argv[0], "get", "workflows"};
  for (const std::string& option : line) target.push_back(option.c_str());
  auto arguments = parseArguments(static_cast<int>(target.size()), target.data());
  if (!arguments) return arguments;
  arguments->verb = Verb::kComplete;
  arguments->words = words;
  return arguments;
}

}  // namespace

base::Result<Arguments> parseArguments(int argc, const char* const* argv) {
  if (argc > 1 && std::string_view(argv[1]) == "__complete") return parseCompletion(argc, argv);
  Arguments a;
  // Everything behind `dev` is the agent's to understand.
  if (argc > 1 && std::string_view(argv[1]) == "dev") {
    a.agentArguments = agentArguments({argv + 2, argv + argc});
    return a;
  }
  std::vector<const char*> words(argv, argv + argc);
  if (argc > 1 && std::string_view(argv[1]) == "help") {  // help COMMAND: COMMAND --help
    words.erase(words.begin() + 1);
    words.push_back("--help");
    return parseArguments(static_cast<int>(words.size()), words.data());
  }
  std::string output;
  std::string dryRun = "none";
  std::string resource;
  const bool plugin = programName(argv[0]) == "kubectl-faasbatch";
  CLI::App app{"Serverless workflows, batched into shared warm pods.",
               plugin ? "kubectl faasbatch" : "faasbatch"};
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", kVersion);
  addCommonOptions(app, a, output);
  addServerOptions(app, a.flags);
  addLocalVerbs(app, a);
  addResourceVerbs(app, a, dryRun, resource);
  addRunVerbs(app, a);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return base::fail("Help", helpOf(app));
  } catch (const CLI::CallForVersion& version) {
    return base::fail("Help", version.what());
  } catch (const CLI::ParseError& error) {
    return std::unexpected(usageError(app, error));
  }
  chooseTarget(a, plugin);
  a.dryRun = dryRun == "server";
  a.outputGiven = !output.empty();
  a.output = outputOf(output);
  const bool named = a.verb == Verb::kGet || a.verb == Verb::kDelete;
  std::string wrong = named ? takeResource(a, resource) : "";
  if (wrong.empty()) wrong = contradiction(a);
  if (wrong.empty()) return a;
  const std::string command = app.get_name() + " " + app.get_subcommands().front()->get_name();
  return base::fail("Usage", wrong + " (see " + command + " --help)");
}

}  // namespace faasbatch::cli
