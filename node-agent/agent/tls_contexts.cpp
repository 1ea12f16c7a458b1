#include "node-agent/agent/tls_contexts.h"

#include <utility>

#include "lib/cluster/names.h"
#include "lib/telemetry/log.h"

namespace faasbatch::agent {
namespace {

// Where every cluster keeps the CA of its client certificates, for servers that extend its API.
const kube::ObjectKey kClientCa{"kube-system", "extension-apiserver-authentication"};
constexpr std::string_view kClientCaKey = "client-ca-file";

}  // namespace

TlsContexts::TlsContexts(base::Loop& loop, kube::ClientThread& thread, TlsSecrets secrets,
                         Handlers handlers) {
  onAuthorities_ = std::move(handlers.onAuthorities);
  peers_.secret = cluster::kTlsSecret;
  peers_.onFirst = std::move(handlers.onPeers);
  gateway_.secret = secrets.gateway;
  gateway_.onFirst = std::move(handlers.onGateway);
  const bool shared = gateway_.secret == peers_.secret;
  peerSecret_ =
      clusterview::WatchedObject::start(loop, thread, kube::kSecrets, {secrets.nameSpace, peers_.secret},
                                        [this, shared](const kube::Object* secret) {
                                          tellAuthorities(secret);
                                          take(peers_, secret);
                                          if (shared) take(gateway_, secret);
                                        });
  if (gateway_.secret.empty()) return;
  if (!shared) {
    gatewaySecret_ =
        clusterview::WatchedObject::start(loop, thread, kube::kSecrets, {secrets.nameSpace, gateway_.secret},
                                          [this](const kube::Object* secret) { take(gateway_, secret); });
  }
  if (!secrets.clientCertificates) return;
  clientCa_ =
      clusterview::WatchedObject::start(loop, thread, kube::kConfigMaps, kClientCa,
                                        [this](const kube::Object* configMap) { takeClientCa(configMap); });
}

// A Secret that goes away, or is no certificate, changes nothing: what was served goes on.
void TlsContexts::take(Served& served, const kube::Object* secret) {
  if (secret == nullptr) {
    telemetry::warning("there is no certificate to serve with yet", {{"secret", served.secret}});
    return;
  }
  served.options.certificatePem = clusterview::secretValue(*secret, "tls.crt").value_or("");
  served.options.keyPem = clusterview::secretValue(*secret, "tls.key").value_or("");
  renew(served);
}

void TlsContexts::tellAuthorities(const kube::Object* secret) {
  const auto authorities = secret != nullptr ? clusterview::secretValue(*secret, "ca.crt") : std::nullopt;
  if (authorities && !authorities->empty() && onAuthorities_) onAuthorities_(*authorities);
}

void TlsContexts::takeClientCa(const kube::Object* configMap) {
  gateway_.options.clientCaPem =
      configMap != nullptr ? clusterview::configMapValue(*configMap, kClientCaKey).value_or("") : "";
  if (!gateway_.options.certificatePem.empty()) renew(gateway_);
}

void TlsContexts::renew(Served& served) {
  if (served.context != nullptr) {
    if (const auto replaced = served.context->replace(served.options); !replaced) {
      telemetry::error("the certificate is not taken; the one before is served",
                       {{"secret", served.secret}, {"why", replaced.error().message}});
    }
    return;
  }
  auto made = net::TlsServerContext::make(served.options);
  if (!made) {
    telemetry::error("the certificate is not taken",
                     {{"secret", served.secret}, {"why", made.error().message}});
    return;
  }
  served.context = std::move(*made);
  served.onFirst(served.context);
}

}  // namespace faasbatch::agent
