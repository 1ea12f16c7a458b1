// Credentials from a program of the user's (client.authentication.k8s.io: "exec" in a kubeconfig).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/loop.h"
#include "lib/kube/access.h"

namespace faasbatch::kube {

struct ExecPlugin {
  std::string apiVersion;  // "client.authentication.k8s.io/v1" or ".../v1beta1"
  std::string command;     // with a slash: a path; otherwise looked for on PATH
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;  // added to ours
  std::string installHint;                               // said where the program is missing
  std::string clusterInfo;                               // JSON of spec.cluster; empty: not provided
};

struct ExecCredential {
  TokenSource::Credential credential;
  std::optional<base::Instant> expires;  // nothing: good for as long as this process
};

// What the plugin is told in KUBERNETES_EXEC_INFO. Pure.
std::string execInfo(const ExecPlugin& plugin);
// What it printed. Pure. Kind "CredentialsUnavailable"; no text of the output is in the message.
base::Result<ExecCredential> parseExecCredential(const ExecPlugin& plugin, std::string_view output);

// Runs the plugin on a thread of its own when a credential is asked for and none is good; those who ask
// meanwhile share that run. Destruction ends a run that is under way.
std::shared_ptr<TokenSource> execToken(base::Loop& loop, ExecPlugin plugin);

}  // namespace faasbatch::kube
