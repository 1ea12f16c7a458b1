// How to reach an API server and who one is there: from inside a pod, or from a kubeconfig.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/loop.h"
#include "lib/base/time.h"

namespace faasbatch::kube {

struct ClientCertificate {
  std::string certificatePem;
  std::string keyPem;
};

// Where the bearer token comes from, asked anew for every request. On the loop's thread; `done` never from
// inside the call.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  struct Credential {
    std::string token;                             // may be empty where a certificate says who one is
    std::optional<ClientCertificate> certificate;  // of an exec plugin that gives one
  };
  using Done = std::move_only_function<void(base::Result<Credential>)>;
  virtual void get(Done done) = 0;
  // The server answered 401: what is cached is worth nothing.
  virtual void invalidate() {}
};

struct Access {
  std::string server;  // "https://10.96.0.1:443", without a slash at its end
  std::string caPem;   // empty: the system's
  std::string tlsServerName;
  bool insecureSkipVerify = false;
  std::optional<ClientCertificate> certificate;
  std::shared_ptr<TokenSource> token;  // nullptr: none
  std::string nameSpace = "default";   // where requests go that name none
  std::string context;                 // of the kubeconfig; empty in a cluster
};

struct InClusterOptions {
  std::string directory = "/var/run/secrets/kubernetes.io/serviceaccount";
  std::string host;  // empty: $KUBERNETES_SERVICE_HOST
  std::string port;  // empty: $KUBERNETES_SERVICE_PORT
};
// The service account's files, `ca.crt`, `namespace` and `token`; the token's is read again when it is a
// minute old, as the kubelet replaces it, and at once when the server answers 401. Kind "NotInCluster" where
// one is missing. The Access must not outlive the loop.
base::Result<Access> inClusterAccess(base::Loop& loop, const InClusterOptions& options = {});

struct KubeconfigOptions {
  std::string path;       // empty: $KUBECONFIG (several files, merged as kubectl does), then ~/.kube/config
  std::string context;    // empty: current-context
  std::string nameSpace;  // empty: the context's
};
inline constexpr std::size_t kMaxKubeconfigBytes = 4 << 20;  // of one file
inline constexpr std::size_t kMaxKubeconfigFiles = 32;
inline constexpr base::Duration kExecPluginTime = std::chrono::seconds(60);
inline constexpr std::size_t kMaxExecPluginBytes = 1 << 20;  // that a plugin may print
// Client certificates and keys (data or file), tokens, token files, and exec plugins
// (client.authentication.k8s.io/v1 and v1beta1: run without a terminal, with a time limit, kept until they
// expire). Paths in a file are relative to it. Refused, with what to do: proxy-url (libcurl heeds
// HTTPS_PROXY), impersonation, passwords, auth-provider. Kinds "KubeconfigNotFound", "InvalidKubeconfig" with
// file, path and what to do. No secret is ever in a message. The Access must not outlive the loop.
base::Result<Access> kubeconfigAccess(base::Loop& loop, const KubeconfigOptions& options);

}  // namespace faasbatch::kube
