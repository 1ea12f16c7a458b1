#include "cli/check/field.h"
#include "cli/check/judge.h"
#include "lib/base/base64.h"
#include "lib/crypto/certificate.h"

namespace faasbatch::cli {
namespace {

std::string named(std::string_view kind, std::string_view name) {
  return std::string(kind) + "/" + std::string(name);
}

std::string trimmed(std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  return text;
}

Part judgeDefinition(const Facts& facts) {
  const std::string name = "customresourcedefinition/functionworkflows.faasbatch.io";
  if (!facts.definition) return unread(name, facts.definition.error(), kInstallChart);
  const std::string& json = facts.definition->json;
  const std::string version(kube::kFunctionWorkflows.version);
  const std::string_view served = itemWith(json, {"spec", "versions"}, "name", version);
  if (!flagAt(served, {"served"})) {
    return Part::wrong(name, "", "does not serve " + version + ": upgrade the chart with crds.install=true");
  }
  const std::string_view established = conditionOf(json, "Established");
  if (textAt(established, {"status"}) != "True") {
    return Part::wrong(name, version, "is not established: " + textAt(established, {"message"}));
  }
  return Part::ok(name, version, "served");
}

Part judgeDeployment(const Facts& facts) {
  const std::string name = named("deployment", cluster::kOperatorDeployment);
  if (!facts.deployment) return unread(name, facts.deployment.error(), kInstallChart);
  const std::string& json = facts.deployment->json;
  const std::int64_t wanted = numberAt(json, {"spec", "replicas"}, 1);
  const std::int64_t ready = numberAt(json, {"status", "readyReplicas"});
  std::string text = std::to_string(ready) + " of " + std::to_string(wanted) + " ready";
  if (wanted > 0 && ready >= wanted) return Part::ok(name, versionLabel(json), text);
  const std::string trouble = facts.operatorPods ? firstTrouble(*facts.operatorPods) : "";
  if (wanted == 0) text = "is scaled to 0: workflows are neither placed nor checked";
  if (!trouble.empty()) text += "; " + trouble;
  return Part::wrong(name, versionLabel(json),
                     text + " (kubectl -n " + facts.nameSpace + " describe pods -l " +
                         std::string(cluster::kComponentLabel) + "=" +
                         std::string(cluster::kOperatorComponent) + ")");
}

Part judgeLease(const Facts& facts) {
  const std::string name = named("lease", cluster::kLease);
  if (!facts.lease) {
    return unread(name, facts.lease.error(), "no operator has led yet; see deployment/faasbatch-operator");
  }
  const std::string& json = facts.lease->json;
  const std::string holder = textAt(json, {"spec", "holderIdentity"});
  const std::string renewed = textAt(json, {"spec", "renewTime"});
  if (holder.empty()) return Part::wrong(name, "", "nobody leads; see deployment/faasbatch-operator");
  const auto when = base::parseRfc3339(renewed);
  const auto lasts = std::chrono::seconds(numberAt(json, {"spec", "leaseDurationSeconds"}));
  if (!when || *when + (lasts + kClockSkew) < facts.now) {
    return Part::wrong(name, "",
                       "nobody leads: " + holder + " has last renewed it at " + renewed +
                           "; see deployment/faasbatch-operator");
  }
  return Part::ok(name, "", "held by " + holder);
}

Part judgeAuthorities(const Facts& facts) {
  const std::string name = named("configmap", cluster::kCaConfigMap);
  if (!facts.authorities) {
    return unread(name, facts.authorities.error(),
                  "the leading operator makes it; see deployment/faasbatch-operator and its logs");
  }
  const auto read = crypto::readCertificate(textAt(facts.authorities->json, {"data", "ca.crt"}));
  if (!read) return Part::wrong(name, "", "ca.crt: " + read.error().message + "; see the operator's logs");
  const std::string end = base::formatRfc3339(read->notAfter).substr(0, 10);
  if (read->notAfter <= facts.now) {
    return Part::wrong(name, "", "has expired on " + end + ": does the operator lead? see its logs");
  }
  return Part::ok(name, "", "valid until " + end);
}

Part judgeWebhook(const Facts& facts) {
  const std::string name = named("validatingwebhookconfiguration", cluster::kWebhookConfiguration);
  if (!facts.webhook) return unread(name, facts.webhook.error(), kInstallChart);
  const auto hooks = itemsAt(facts.webhook->json, {"webhooks"});
  if (hooks.empty()) return Part::wrong(name, "", std::string("has no webhooks: ") + kInstallChart);
  const std::string policy = textAt(hooks.front(), {"failurePolicy"});
  const std::string then = policy == "Ignore" ? "workflows are not checked when they are applied"
                                              : "kubectl apply of workflows is refused";
  for (const std::string_view hook : hooks) {
    const auto bundle = base::decodeBase64(textAt(hook, {"clientConfig", "caBundle"}));
    if (!bundle || bundle->empty()) {
      return Part::wrong(name, "", "has no CA, " + then + ": the leading operator puts it in; see its logs");
    }
    const bool known = facts.authorities.has_value();
    if (known && trimmed(*bundle) != trimmed(textAt(facts.authorities->json, {"data", "ca.crt"}))) {
      return Part::wrong(name, "",
                         "trusts another CA than configmap/faasbatch-ca, " + then +
                             ": the leading operator puts it in; see its logs");
    }
  }
  if (!facts.webhookSlices) return Part::ok(name, "", "failurePolicy " + policy);
  const std::size_t ready = readyEndpoints(*facts.webhookSlices);
  if (ready == 0) {
    return Part::wrong(name, "",
                       "its Service has no ready endpoint, " + then + "; see deployment/faasbatch-operator");
  }
  return Part::ok(name, "", "failurePolicy " + policy + ", " + std::to_string(ready) + " ready");
}

}  // namespace

Parts judgeOperator(const Facts& facts) {
  return {judgeDefinition(facts), judgeDeployment(facts), judgeLease(facts), judgeWebhook(facts),
          judgeAuthorities(facts)};
}

}  // namespace faasbatch::cli
