#include "lib/kube/resource.h"

#include "lib/net/http.h"

namespace faasbatch::kube {

std::string Resource::apiVersion() const {
  return group.empty() ? std::string(version) : std::string(group) + "/" + std::string(version);
}

std::string Resource::path(std::string_view nameSpace, std::string_view name,
                           std::string_view subresource) const {
  std::string path = (group.empty() ? "/api/" : "/apis/") + apiVersion();
  if (namespaced && !nameSpace.empty()) path += "/namespaces/" + net::percentEncode(nameSpace);
  path += "/" + std::string(plural);
  if (!name.empty()) path += "/" + net::percentEncode(name);
  if (!subresource.empty()) path += "/" + std::string(subresource);
  return path;
}

}  // namespace faasbatch::kube
