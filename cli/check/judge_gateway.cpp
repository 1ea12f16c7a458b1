#include "cli/check/field.h"
#include "cli/check/judge.h"
#include "cli/cluster/gateway_service.h"
#include "lib/base/base64.h"
#include "lib/crypto/certificate.h"

namespace faasbatch::cli {
namespace {

Part judgeService(const Facts& facts) {
  const std::string name = "service/" + std::string(cluster::kGatewayService);
  if (!facts.gateway) return unread(name, facts.gateway.error(), kInstallChart);
  const auto gateway = readGatewayService(*facts.gateway);
  if (!gateway) return Part::wrong(name, "", gateway.error().message + ": " + kInstallChart);
  const std::string port =
      std::string(gateway->tls ? "https" : "http") + " on port " + std::to_string(gateway->port);
  if (!facts.gatewaySlices) return Part::ok(name, "", port);
  const std::size_t ready = readyEndpoints(*facts.gatewaySlices);
  if (ready == 0) return Part::wrong(name, "", "no agent is ready behind it; see daemonset/faasbatch-agent");
  return Part::ok(name, "", port + ", " + std::to_string(ready) + " agents ready");
}

Part judgeCertificate(const Facts& facts) {
  const auto setup = facts.daemonSet ? readAgentSetup(*facts.daemonSet) : AgentSetup{};
  const bool own = !setup.gatewaySecret.empty();  // the user's
  const std::string secret = own ? setup.gatewaySecret : std::string(cluster::kTlsSecret);
  const std::string name = "secret/" + secret;
  const std::string remedy =
      own ? "put a new one into it"
          : "the leading operator makes it; see deployment/faasbatch-operator and its logs";
  if (!facts.certificate) return unread(name, facts.certificate.error(), remedy);
  const auto pem = base::decodeBase64(textAt(facts.certificate->json, {"data", "tls.crt"}));
  const auto read = crypto::readCertificate(pem.value_or(""));
  if (!read) return Part::wrong(name, "", "tls.crt: " + read.error().message + "; " + remedy);
  const std::string end = base::formatRfc3339(read->notAfter).substr(0, 10);
  if (read->notAfter <= facts.now) return Part::wrong(name, "", "has expired on " + end + ": " + remedy);
  const double life = base::toMillis(read->notAfter - read->notBefore);
  if (base::toMillis(facts.now - read->notBefore) > life * kRenewalOverdue) {
    return Part::wrong(name, "", "expires on " + end + " and has not been renewed: " + remedy);
  }
  const std::string host = GatewayService{.nameSpace = facts.nameSpace}.host();
  if (!own && std::ranges::find(read->dnsNames, host) == read->dnsNames.end()) {
    return Part::wrong(name, "", "is not for " + host + ": " + remedy);
  }
  return Part::ok(name, "", "valid until " + end);
}

Part judgeAnswer(const Facts& facts) {
  const std::string name = "gateway";
  if (!facts.answer) return Part::wrong(name, "", facts.answer.error().message);
  const int status = *facts.answer;
  if (status == 200 || status == 403) return Part::ok(name, "", "answers by port-forward");
  const std::string text = "answers " + std::to_string(status) + " by port-forward";
  if (status == 401) {
    return Part::wrong(name, "",
                       text +
                           ": it does not know your kubeconfig's user; may the agents create tokenreviews, "
                           "and is the client CA that of this cluster? see their logs");
  }
  return Part::wrong(name, "", text + "; see the logs of the agents");
}

}  // namespace

Parts judgeGateway(const Facts& facts) {
  const auto gateway =
      facts.gateway ? readGatewayService(*facts.gateway).value_or(GatewayService{}) : GatewayService{};
  Parts parts{judgeService(facts)};
  if (gateway.tls) parts.push_back(judgeCertificate(facts));
  parts.push_back(judgeAnswer(facts));
  return parts;
}

}  // namespace faasbatch::cli
