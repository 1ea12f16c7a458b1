// A real kube-apiserver with its etcd, and nothing else: no nodes, no controllers. Objects are kept,
// defaulted, validated and watched; nothing comes of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/crypto/certificate.h"
#include "lib/testing/child_process.h"
#include "lib/testing/namespace.h"
#include "lib/testing/temp_dir.h"

namespace faasbatch::testing {

// On loopback ports and with certificates of its own, in a temporary directory; up in some seconds. The
// programs are those that e2e/cluster builds, in $CLUSTER_DIR/bin (/var/tmp/faasbatch-cluster/bin); where
// they are not there, missing() says how to get them. Not thread-safe.
class KubeApiServer {
 public:
  // `flags` are added to kube-apiserver's.
  explicit KubeApiServer(std::vector<std::string> flags = {});

  // Not empty where the programs are missing: the test is skipped with this reason.
  const std::string& missing() const { return missing_; }
  // Not empty where they are there and yet do not run: the test fails with this.
  const std::string& broken() const { return broken_; }

  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }
  const std::string& caPem() const { return ca_.certificatePem; }
  static constexpr const char* kAdminToken = "token-of-an-admin";  // of group system:masters
  static constexpr const char* kNobodyToken = "token-of-nobody";   // known, but may do nothing: user "nobody"
  // A certificate of the cluster's client CA.
  crypto::KeyPair client(const std::string& user, std::vector<std::string> groups = {}) const;
  // A token of a service account, as TokenRequest gives it, but of any end (TokenRequest: ten minutes from
  // now and more). API servers take one for a minute beyond its end, and remember for ten seconds that they
  // did.
  std::string accountToken(const std::string& nameSpace, const std::string& account, const std::string& uid,
                           base::Instant end) const;
  // A kubeconfig with this user's part ("token: ..."), in the temporary directory.
  std::string kubeconfig(const std::string& user);
  std::string file(const std::string& name, const std::string& text);  // written beside it; its path

  bool restart();  // of the API server, by SIGKILL, on the same port; whether it answers again
  void kill();
  void pause();  // connections are accepted, nothing is answered
  void resume();
  std::string output() const;

 private:
  bool makeFiles();
  bool startEtcd();
  bool startApiServer();
  bool ready();

  TempDir directory_;
  std::vector<std::string> flags_;
  std::string programs_;
  std::string missing_;
  std::string broken_;
  crypto::KeyPair ca_;
  std::uint16_t etcdPort_ = 0;
  std::uint16_t port_ = 0;
  int kubeconfigs_ = 0;
  std::unique_ptr<ChildProcess> etcd_;
  std::unique_ptr<ChildProcess> apiServer_;
};

}  // namespace faasbatch::testing
