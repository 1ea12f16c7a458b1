#include "operator/certificates/objects.h"

#include "lib/base/base64.h"
#include "lib/cluster/names.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/json/write.h"

namespace faasbatch::certificates {
namespace {

constexpr std::string_view kManager = "faasbatch-operator";

std::string encoded(std::string_view bytes) {
  std::string out;
  base::appendBase64(out, bytes);
  return out;
}

std::string dataOf(std::string_view secret, std::string_view key) {
  const auto raw = json::at(secret, {"data", key});
  const auto text = raw ? json::asString(*raw) : std::nullopt;
  return text ? base::decodeBase64(*text).value_or("") : "";
}

void writeMetadata(json::Object& object, std::string_view name, const Names& names) {
  json::Object metadata(object.key("metadata"));
  metadata.text("name", name).text("namespace", names.nameSpace);
  if (!names.resourceVersion.empty()) metadata.text("resourceVersion", names.resourceVersion);
  json::Object labels(metadata.key("labels"));
  labels.text(cluster::kManagedBy, kManager);
  labels.end();
  metadata.end();
}

using Texts = std::vector<std::pair<std::string_view, const std::string*>>;

std::string secretJson(std::string_view name, std::string_view type, const Names& names, const Texts& texts) {
  std::string out;
  json::Object object(out);
  object.text("apiVersion", "v1").text("kind", "Secret").text("type", type);
  writeMetadata(object, name, names);
  json::Object data(object.key("data"));
  for (const auto& [key, text] : texts) {
    if (!text->empty()) data.text(key, encoded(*text));
  }
  data.end();
  object.end();
  return out;
}

// The object with `value` (JSON text) instead of what it had under `key`.
std::string with(std::string_view object, std::string_view key, std::string_view value) {
  std::string out;
  json::Object copy(out);
  if (const auto members = json::members(object)) {
    for (const json::Member& member : *members) {
      if (member.key != key) copy.raw(member.key, member.value);
    }
  }
  copy.raw(key, value);
  copy.end();
  return out;
}

std::string withBundle(std::string_view webhook, const std::string& bundle) {
  const std::string_view client = json::at(webhook, {"clientConfig"}).value_or("{}");
  return with(webhook, "clientConfig", with(client, "caBundle", json::quoted(bundle)));
}

}  // namespace

Material materialOf(std::string_view authoritySecret, std::string_view tlsSecret) {
  return {.active = {dataOf(authoritySecret, "ca.crt"), dataOf(authoritySecret, "ca.key")},
          .next = {dataOf(authoritySecret, "next.crt"), dataOf(authoritySecret, "next.key")},
          .old = dataOf(authoritySecret, "old.crt"),
          .serving = {dataOf(tlsSecret, "tls.crt"), dataOf(tlsSecret, "tls.key")}};
}

std::string bundleIn(std::string_view tlsSecret) { return dataOf(tlsSecret, "ca.crt"); }

std::string authoritySecretJson(const Material& material, const Names& names) {
  return secretJson(cluster::kAuthoritySecret, "Opaque", names,
                    {{"ca.crt", &material.active.certificatePem},
                     {"ca.key", &material.active.keyPem},
                     {"next.crt", &material.next.certificatePem},
                     {"next.key", &material.next.keyPem},
                     {"old.crt", &material.old}});
}

std::string tlsSecretJson(const Material& material, const Names& names) {
  const std::string bundle = bundleOf(material);
  return secretJson(cluster::kTlsSecret, "kubernetes.io/tls", names,
                    {{"ca.crt", &bundle},
                     {"tls.crt", &material.serving.certificatePem},
                     {"tls.key", &material.serving.keyPem}});
}

std::string caConfigMapJson(const Material& material, const Names& names) {
  std::string out;
  json::Object object(out);
  object.text("apiVersion", "v1").text("kind", "ConfigMap");
  writeMetadata(object, cluster::kCaConfigMap, names);
  json::Object data(object.key("data"));
  data.text("ca.crt", bundleOf(material));
  data.end();
  object.end();
  return out;
}

std::string webhookPatch(std::string_view configuration, const std::string& bundle) {
  const auto list = json::at(configuration, {"webhooks"});
  const auto webhooks = list ? json::elements(*list) : base::Result<std::vector<std::string_view>>();
  if (!webhooks) return {};
  const std::string wanted = encoded(bundle);
  bool differs = false;
  std::string out;
  json::Object patch(out);
  json::Object metadata(patch.key("metadata"));
  metadata.raw("resourceVersion", json::at(configuration, {"metadata", "resourceVersion"}).value_or("null"));
  metadata.end();
  json::appendList(patch.key("webhooks"), *webhooks, [&](std::string& to, std::string_view webhook) {
    const auto present = json::at(webhook, {"clientConfig", "caBundle"});
    differs = differs || !present || json::asString(*present) != wanted;
    to += withBundle(webhook, wanted);
  });
  patch.end();
  return differs ? out : "";
}

}  // namespace faasbatch::certificates
