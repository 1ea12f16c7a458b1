#include "node-agent/access/user.h"

#include "lib/cluster/names.h"

namespace faasbatch::access {
namespace {

constexpr std::string_view kScheme = "bearer";
constexpr const char* kAuthenticated = "system:authenticated";  // a group of everybody who is known

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool isBearer(std::string_view authorization) {
  if (authorization.size() <= kScheme.size() || authorization[kScheme.size()] != ' ') return false;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    if (lower(authorization[i]) != kScheme[i]) return false;
  }
  return true;
}

}  // namespace

User userOf(const std::string& commonName, const std::vector<std::string>& organizations) {
  User user{.name = commonName, .groups = organizations};
  user.groups.emplace_back(kAuthenticated);
  return user;
}

Credential credentialOf(std::string_view authorization) {
  if (authorization.empty()) return {};
  if (!isBearer(authorization)) return {.malformed = true};
  std::string_view token = authorization.substr(kScheme.size());
  while (!token.empty() && token.front() == ' ') token.remove_prefix(1);
  while (!token.empty() && token.back() == ' ') token.remove_suffix(1);
  if (token.empty() || token.find(' ') != std::string_view::npos) return {.malformed = true};
  return {.token = token};
}

std::string Permission::describe() const {
  std::string text(verb);
  text.append(" ").append(cluster::kInvocationsResource).append(".").append(cluster::kApiGroup);
  if (!subresource.empty()) text.append("/").append(subresource);
  if (!name.empty()) text.append(" \"").append(name).append("\"");
  if (nameSpace.empty()) return text.append(" in all namespaces");
  return text.append(" in namespace \"").append(nameSpace).append("\"");
}

}  // namespace faasbatch::access
