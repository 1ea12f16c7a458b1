#include "lib/testing/kube_api_server.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <utility>

#include "lib/net/curl_client.h"
#include "lib/net/loop_thread.h"
#include "lib/testing/free_port.h"

namespace faasbatch::testing {
namespace {

constexpr base::Duration kStartTime = std::chrono::seconds(90);  // generous: machines are slow at times

std::string programsDirectory() {
  const char* const directory = std::getenv("CLUSTER_DIR");
  return std::string(directory != nullptr ? directory : "/var/tmp/faasbatch-cluster") + "/bin";
}

crypto::CertificateRequest lasting(crypto::CertificateRequest request) {
  const base::Instant now = base::SystemClock().now();
  request.notBefore = now + -std::chrono::hours(1);
  request.notAfter = now + std::chrono::hours(24);
  return request;
}

// The status of GET `url`; 0 where no answer comes.
int statusOf(const std::string& url, const std::string& caPem) {
  net::LoopThread thread;
  std::promise<int> status;
  std::unique_ptr<net::CurlClient> client;
  thread.on([&] {
    client = net::CurlClient::make(thread.loop(), url, {.tls = {.caPem = caPem}}).value();
    client->call(
        {.method = "GET"}, thread.loop().now() + std::chrono::seconds(5),
        [&](const base::Result<net::Response>& answer) { status.set_value(answer ? answer->status : 0); });
  });
  const int got = status.get_future().get();
  thread.on([&] { client = nullptr; });
  return got;
}

}  // namespace

KubeApiServer::KubeApiServer(std::vector<std::string> flags)
    : flags_(std::move(flags)), programs_(programsDirectory()) {
  ::setenv("no_proxy", "*", 1);
  for (const char* program : {"etcd", "kubernetes"}) {
    if (::access((programs_ + "/" + program).c_str(), X_OK) == 0) continue;
    missing_ =
        programs_ + "/" + program + " is not there: `e2e/cluster/programs` builds it (Go, some minutes)";
    return;
  }
  if (!makeFiles()) {
    broken_ = "the certificates of the API server could not be made";
  } else if (!startEtcd()) {
    broken_ = "etcd does not start: " + (etcd_ ? etcd_->output() : "no port is free");
  } else {
    for (int i = 0; i < kPortTries; ++i) {
      port_ = freePort();
      if (startApiServer()) return;
    }
    broken_ = "kube-apiserver does not start: " + output();
  }
}

std::string KubeApiServer::file(const std::string& name, const std::string& text) {
  std::ofstream(directory_.file(name), std::ios::binary) << text;
  return directory_.file(name);
}

bool KubeApiServer::makeFiles() {
  const base::Instant now = base::SystemClock().now();
  const auto ca =
      crypto::makeAuthority("test-ca", now + -std::chrono::hours(1), now + std::chrono::hours(24));
  if (!ca) return false;
  ca_ = *ca;
  const auto server = crypto::issue(
      ca_,
      lasting({.commonName = "kube-apiserver", .dnsNames = {"localhost"}, .ipAddresses = {"127.0.0.1"}}));
  if (!server) return false;
  file("ca.crt", ca_.certificatePem);
  file("tls.crt", server->certificatePem);
  file("tls.key", server->keyPem);
  const auto accounts = crypto::issue(ca_, lasting({.commonName = "accounts"}));
  if (!accounts) return false;
  file("accounts.crt", accounts->certificatePem);
  file("accounts.key", accounts->keyPem);
  file("tokens.csv",
       std::string(kAdminToken) + ",admin,1,\"system:masters\"\n" + kNobodyToken + ",nobody,2\n");
  // One program holds all of Kubernetes; the name it is called by picks a part.
  std::error_code error;
  std::filesystem::create_symlink(programs_ + "/kubernetes", directory_.file("kube-apiserver"), error);
  return !error;
}

bool KubeApiServer::startEtcd() {
  for (int i = 0; i < kPortTries; ++i) {
    etcdPort_ = freePort();
    const std::string client = "http://127.0.0.1:" + std::to_string(etcdPort_);
    const std::string peer = "http://127.0.0.1:" + std::to_string(freePort());
    etcd_ = std::make_unique<ChildProcess>(std::vector<std::string>{
        programs_ + "/etcd", "--data-dir", directory_.file("etcd"), "--unsafe-no-fsync", "--log-level",
        "error", "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls",
        peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer});
    if (etcd_->waitFor([this] { return acceptsConnections(etcdPort_); })) return true;
  }
  return false;
}

bool KubeApiServer::startApiServer() {
  std::vector<std::string> command{
      directory_.file("kube-apiserver"), "--etcd-servers=http://127.0.0.1:" + std::to_string(etcdPort_),
      "--bind-address=127.0.0.1", "--secure-port=" + std::to_string(port_), "--endpoint-reconciler-type=none",
      "--cert-dir=" + directory_.path(), "--tls-cert-file=" + directory_.file("tls.crt"),
      "--tls-private-key-file=" + directory_.file("tls.key"), "--client-ca-file=" + directory_.file("ca.crt"),
      "--token-auth-file=" + directory_.file("tokens.csv"),
      "--service-account-issuer=https://kubernetes.default.svc",
      "--service-account-key-file=" + directory_.file("accounts.crt"),
      "--service-account-signing-key-file=" + directory_.file("accounts.key"),
      "--service-cluster-ip-range=10.0.0.0/24", "--authorization-mode=RBAC",
      // Nobody makes a namespace's account here, and pods want one.
      "--disable-admission-plugins=ServiceAccount"};
  command.insert(command.end(), flags_.begin(), flags_.end());
  apiServer_ = std::make_unique<ChildProcess>(std::move(command));
  return apiServer_->waitFor([this] { return acceptsConnections(port_) && ready(); }, kStartTime);
}

// Its post-start hooks (namespaces, roles) have run.
bool KubeApiServer::ready() { return statusOf(url() + "/readyz", caPem()) == 200; }

crypto::KeyPair KubeApiServer::client(const std::string& user, std::vector<std::string> groups) const {
  return crypto::issue(
             ca_,
             lasting(
                 {.commonName = user, .organizations = std::move(groups), .server = false, .client = true}))
      .value();
}

std::string KubeApiServer::kubeconfig(const std::string& user) {
  file("kube-ca.crt", caPem());
  return file("kubeconfig-" + std::to_string(++kubeconfigs_),
              "current-context: test\nclusters: [{name: test, cluster: {server: '" + url() +
                  "', certificate-authority: kube-ca.crt}}]\nusers: [{name: test, user: {" + user +
                  "}}]\ncontexts: [{name: test, context: {cluster: test, user: test}}]\n");
}

void KubeApiServer::kill() {
  apiServer_->signal(SIGKILL);
  (void)apiServer_->wait();
}

bool KubeApiServer::restart() {
  kill();
  return startApiServer();
}

void KubeApiServer::pause() { apiServer_->signal(SIGSTOP); }
void KubeApiServer::resume() { apiServer_->signal(SIGCONT); }

std::string KubeApiServer::output() const { return apiServer_ ? apiServer_->output() : ""; }

}  // namespace faasbatch::testing
