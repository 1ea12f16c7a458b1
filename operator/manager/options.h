// What the operator is started with.
#pragma once

#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"

namespace faasbatch::manager {

inline constexpr base::Duration kCleanupTime = std::chrono::seconds(120);

struct Options {
  enum class Command { kRun, kCleanup };
  Command command = Command::kRun;
  std::string kubeconfig;  // empty: as a pod, by its service account
  std::string context;     // of the kubeconfig; empty: its current one
  std::string nameSpace;   // of the release; $POD_NAMESPACE
  std::string identity;    // unique among the replicas; $POD_NAME
  std::string peerSecretFile;
  std::vector<std::string> gatewayDnsNames;  // further ones in the certificate
  std::string functionNetworkPolicyFile;     // empty: none are kept
  std::string webhookListen;
  std::string healthListen;
  std::string adminListen;                             // empty: no admin API
  base::Duration drainTime = std::chrono::seconds(3);  // from SIGTERM until the webhook ends
  base::Duration cleanupTime = kCleanupTime;           // of the whole clean-up
  bool verbose = false;
};

// Wrong usage is kind "Usage"; "Help" carries the help text as its message.
base::Result<Options> parseOptions(int argc, const char* const* argv);

}  // namespace faasbatch::manager
