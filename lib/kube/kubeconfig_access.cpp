#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "lib/base/base64.h"
#include "lib/json/write.h"
#include "lib/kube/access.h"
#include "lib/kube/kubeconfig.h"
#include "lib/kube/token_source.h"

namespace faasbatch::kube {
namespace {

constexpr std::size_t kMaxPemBytes = 1 << 20;

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(':'), list.size());
    if (end > 0) parts.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parts;
}

// Where kubectl would look. Empty where there is no home either.
std::vector<std::string> paths(const std::string& given) {
  if (!given.empty()) return {given};
  const char* const variable = std::getenv("KUBECONFIG");
  if (variable != nullptr && *variable != '\0') return split(variable);
  const char* const home = std::getenv("HOME");
  return home != nullptr ? std::vector<std::string>{std::string(home) + "/.kube/config"}
                         : std::vector<std::string>{};
}

// The files that are there.
base::Result<std::vector<KubeconfigFile>> readFiles(const std::vector<std::string>& all) {
  if (all.size() > kMaxKubeconfigFiles) {
    return base::fail("InvalidKubeconfig",
                      "KUBECONFIG names more than " + std::to_string(kMaxKubeconfigFiles) + " files");
  }
  std::vector<KubeconfigFile> files;
  std::string looked;
  for (const std::string& path : all) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file && errno == ENOENT) {
      looked += (looked.empty() ? "" : ", ") + path;
      continue;
    }
    std::ostringstream text;
    if (file) text << file.rdbuf();
    if (!file || file.bad()) {
      return base::fail("InvalidKubeconfig",
                        "cannot read " + path + ": " + std::generic_category().message(errno));
    }
    if (text.view().size() > kMaxKubeconfigBytes) {
      return base::fail("InvalidKubeconfig",
                        path + " is larger than " + std::to_string(kMaxKubeconfigBytes) + " bytes");
    }
    files.push_back({path, std::move(text).str()});
  }
  if (!files.empty()) return files;
  return base::fail("KubeconfigNotFound", "there is no kubeconfig" + (looked.empty() ? "" : " at " + looked) +
                                              ": name one with KUBECONFIG, or give its path");
}

base::Result<std::string> load(const PemSource& source, const std::string& origin) {
  if (!source.data.empty() || source.file.empty()) return source.data;
  auto text = readCredentialFile(source.file, kMaxPemBytes);
  if (!text) return base::fail("InvalidKubeconfig", origin + ": " + text.error().message);
  return *text + "\n";
}

// What a plugin that asks for it is told of the cluster.
std::string clusterInfo(const Access& access) {
  std::string out;
  json::Object object(out);
  object.text("server", access.server);
  if (!access.tlsServerName.empty()) object.text("tls-server-name", access.tlsServerName);
  if (access.insecureSkipVerify) object.boolean("insecure-skip-tls-verify", true);
  if (!access.caPem.empty()) {
    std::string encoded;
    base::appendBase64(encoded, access.caPem);
    object.text("certificate-authority-data", encoded);
  }
  object.end();
  return out;
}

base::Result<void> addCredentials(base::Loop& loop, KubeconfigContext& context, Access& access) {
  if (context.certificate.given()) {
    auto certificate = load(context.certificate, context.origin);
    if (!certificate) return std::unexpected(std::move(certificate.error()));
    auto key = load(context.key, context.origin);
    if (!key) return std::unexpected(std::move(key.error()));
    access.certificate = ClientCertificate{std::move(*certificate), std::move(*key)};
  }
  if (!context.tokenFile.empty()) {
    access.token = fileToken(loop, context.tokenFile);
  } else if (!context.token.empty()) {
    access.token = fixedToken(loop, std::move(context.token));
  } else if (context.exec) {
    if (context.provideClusterInfo) context.exec->clusterInfo = clusterInfo(access);
    access.token = execToken(loop, std::move(*context.exec));
  }
  return {};
}

}  // namespace

base::Result<Access> kubeconfigAccess(base::Loop& loop, const KubeconfigOptions& options) {
  const auto files = readFiles(paths(options.path));
  if (!files) return std::unexpected(files.error());
  const auto config = Kubeconfig::parse(*files);
  if (!config) return std::unexpected(config.error());
  auto context = config->context(options.context);
  if (!context) return std::unexpected(std::move(context.error()));
  auto ca = load(context->ca, "context " + context->name);
  if (!ca) return std::unexpected(std::move(ca.error()));

  Access access;
  access.server = context->server;
  access.caPem = std::move(*ca);
  access.tlsServerName = context->tlsServerName;
  access.insecureSkipVerify = context->insecureSkipVerify;
  access.context = context->name;
  if (!context->nameSpace.empty()) access.nameSpace = context->nameSpace;
  if (!options.nameSpace.empty()) access.nameSpace = options.nameSpace;
  if (auto added = addCredentials(loop, *context, access); !added)
    return std::unexpected(std::move(added.error()));
  return access;
}

}  // namespace faasbatch::kube
