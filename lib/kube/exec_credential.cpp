#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/json/write.h"
#include "lib/kube/exec_plugin.h"

namespace faasbatch::kube {

std::string execInfo(const ExecPlugin& plugin) {
  std::string out;
  json::Object object(out);
  object.text("apiVersion", plugin.apiVersion).text("kind", "ExecCredential");
  json::Object spec(object.key("spec"));
  if (!plugin.clusterInfo.empty()) spec.raw("cluster", plugin.clusterInfo);
  spec.boolean("interactive", false).end();
  object.end();
  return out;
}

base::Result<ExecCredential> parseExecCredential(const ExecPlugin& plugin, std::string_view output) {
  const auto fail = [&plugin](const std::string& why) {
    return base::fail("CredentialsUnavailable",
                      "what " + json::quoted(plugin.command) + " printed is no ExecCredential: " + why);
  };
  if (const auto checked = json::check(output); !checked) return fail(checked.error().message);
  const auto text = [output](std::initializer_list<std::string_view> path) {
    return json::asString(json::at(output, path).value_or("")).value_or("");
  };
  if (text({"kind"}) != "ExecCredential") return fail("its kind is another one");
  if (text({"apiVersion"}) != plugin.apiVersion) return fail("its apiVersion is not " + plugin.apiVersion);
  ExecCredential credential;
  credential.credential.token = text({"status", "token"});
  ClientCertificate certificate{text({"status", "clientCertificateData"}), text({"status", "clientKeyData"})};
  if (certificate.certificatePem.empty() != certificate.keyPem.empty()) {
    return fail("clientCertificateData and clientKeyData belong together");
  }
  if (!certificate.keyPem.empty()) credential.credential.certificate = std::move(certificate);
  if (credential.credential.token.empty() && !credential.credential.certificate) {
    return fail("its status has neither a token nor a certificate");
  }
  if (const std::string expires = text({"status", "expirationTimestamp"}); !expires.empty()) {
    credential.expires = base::parseRfc3339(expires);
    if (!credential.expires) return fail("its expirationTimestamp is no time");
  }
  return credential;
}

}  // namespace faasbatch::kube
