#include <cstdlib>
#include <utility>

#include "lib/kube/access.h"
#include "lib/kube/token_source.h"

namespace faasbatch::kube {
namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;

std::string orEnvironment(const std::string& given, const char* name) {
  if (!given.empty()) return given;
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

base::Result<std::string> readFile(const std::string& path) {
  auto text = readCredentialFile(path, kMaxFileBytes);
  if (text) return text;
  return base::fail("NotInCluster", "there is no service account of a pod: " + text.error().message);
}

}  // namespace

base::Result<Access> inClusterAccess(base::Loop& loop, const InClusterOptions& options) {
  const std::string host = orEnvironment(options.host, "KUBERNETES_SERVICE_HOST");
  const std::string port = orEnvironment(options.port, "KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty()) {
    return base::fail("NotInCluster",
                      "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is not a pod");
  }
  auto ca = readFile(options.directory + "/ca.crt");
  if (!ca) return std::unexpected(std::move(ca.error()));
  auto nameSpace = readFile(options.directory + "/namespace");
  if (!nameSpace) return std::unexpected(std::move(nameSpace.error()));
  const std::string tokenPath = options.directory + "/token";
  if (const auto token = readFile(tokenPath); !token) return std::unexpected(token.error());

  Access access;
  const bool v6 = host.find(':') != std::string::npos;
  access.server = "https://" + (v6 ? "[" + host + "]" : host) + ":" + port;
  access.caPem = std::move(*ca) + "\n";
  access.token = fileToken(loop, tokenPath);
  access.nameSpace = std::move(*nameSpace);
  return access;
}

}  // namespace faasbatch::kube
