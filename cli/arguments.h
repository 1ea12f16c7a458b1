// The command line of faasbatch and kubectl-faasbatch.
#pragma once

#include <string>
#include <vector>

#include "cli/resource.h"
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
  kCompletion,
  kComplete,
  kCheck
};

enum class Output { kTable, kWide, kName, kJson, kYaml };

inline constexpr const char* kDefaultServer = "http://127.0.0.1:8080";  // the dev agent's

// For an https server; files, named as kubectl's flags.
struct ServerFlags {
  std::string certificateAuthority;  // trusted instead of the system's
  std::string tlsServerName;         // in the certificate, instead of the URL's host
  bool insecureSkipTlsVerify = false;
  std::string clientCertificate;
  std::string clientKey;
  std::string tokenFile;
};

struct Arguments {
  Verb verb = Verb::kDev;
  // Whether they go to a cluster: the program is called kubectl-faasbatch, or --context, --kubeconfig or
  // --faasbatch-namespace is given, and --server is not, or is https.
  bool cluster = false;
  bool gatewayNamed = false;  // cluster: `server` is the gateway's, which is not looked for
  std::string server;         // FAASBATCH_SERVER (but for kubectl-faasbatch), or the dev agent's
  ServerFlags flags;
  std::string nameSpace;        // empty: the kubeconfig's, "default" without one
  std::string kubeconfig;       // cluster
  std::string context;          // likewise
  std::string systemNamespace;  // of the installation; empty: looked for
  std::string gatewayCa;        // a file
  std::string gatewayServerName;
  Output output = Output::kTable;
  bool outputGiven = false;

  bool dryRun = false;  // apply, on a cluster
  bool forceConflicts = false;
  std::vector<std::string> files;                    // validate, apply, convert (one)
  ResourceKind resource = ResourceKind::kWorkflows;  // get, delete
  std::string name;                                  // of the resource, WORKFLOW[/FUNCTION], ID, shell
  std::string data;                                  // invoke -d
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
  bool allNamespaces = false;               // get
  bool noHeaders = false;                   // get
  bool follow = false;                      // logs
  std::vector<std::string> agentArguments;  // dev: passed on as they are
  std::vector<std::string> words;           // __complete: the line so far
};

// Kind "Usage": one line and a hint. Kind "Help": the help text asked for.
base::Result<Arguments> parseArguments(int argc, const char* const* argv);

}  // namespace faasbatch::cli
