// The certificates that an agent serves with, from Secrets of its namespace, and as they are renewed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/base/loop.h"
#include "lib/kube/client_thread.h"
#include "lib/net/tls.h"
#include "node-agent/cluster/watched_object.h"

namespace faasbatch::agent {

struct TlsSecrets {
  std::string nameSpace;
  std::string gateway;              // name of the gateway's Secret; empty: it serves without TLS
  bool clientCertificates = false;  // callers may show one of the cluster's client CA
};

// Made, used and destroyed on the owner's loop.
class TlsContexts {
 public:
  // Each once, as soon as there is a certificate; the context then follows the Secret by itself.
  struct Handlers {
    // Of cluster::kTlsSecret: for the peers' port.
    std::function<void(std::shared_ptr<net::TlsServerContext>)> onPeers;
    std::function<void(std::shared_ptr<net::TlsServerContext>)> onGateway;
    // At every change: the authorities, of the same Secret, by which other agents are checked.
    std::function<void(const std::string& caPem)> onAuthorities = nullptr;
  };
  TlsContexts(base::Loop& loop, kube::ClientThread& thread, TlsSecrets secrets, Handlers handlers);

 private:
  // A context that is made of what a Secret holds.
  struct Served {
    std::string secret;  // its name
    net::TlsServerOptions options;
    std::shared_ptr<net::TlsServerContext> context;
    std::function<void(std::shared_ptr<net::TlsServerContext>)> onFirst;
  };

  void take(Served& served, const kube::Object* secret);
  void tellAuthorities(const kube::Object* secret);
  void takeClientCa(const kube::Object* configMap);
  static void renew(Served& served);

  std::function<void(const std::string&)> onAuthorities_;
  Served peers_;
  Served gateway_;
  std::unique_ptr<clusterview::WatchedObject> peerSecret_;
  std::unique_ptr<clusterview::WatchedObject> gatewaySecret_;  // where it is another one
  std::unique_ptr<clusterview::WatchedObject> clientCa_;
};

}  // namespace faasbatch::agent
