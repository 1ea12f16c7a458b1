#include "node-agent/gateway/pages.h"

#include <algorithm>
#include <string>

#include "node-agent/gateway/problem.h"

namespace faasbatch::gateway {
namespace {

// "[::1]:8080" -> "[::1]", "a:8080" -> "a", in lower case and without the dot at the end of a full name.
std::string hostOf(std::string_view authority) {
  std::string host(authority.starts_with('[') ? authority.substr(0, authority.find(']') + 1)
                                              : authority.substr(0, authority.find(':')));
  std::ranges::transform(host, host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (host.ends_with('.')) host.pop_back();
  return host;
}

bool isV4(std::string_view host) {
  return !host.empty() && host.find_first_not_of("0123456789.") == host.npos;
}

bool isOfThisMachine(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host == "[::1]" ||
         (isV4(host) && host.starts_with("127."));
}

bool isNobodyElses(std::string_view host) {
  return host.starts_with('[') || isV4(host) || host.find('.') == host.npos || isOfThisMachine(host);
}

std::string shown(std::string_view header) {
  constexpr std::size_t kShown = 253;
  return "\"" + std::string(header.substr(0, kShown)) + "\"";
}

}  // namespace

std::optional<net::Response> refusalOfPage(const net::Request& request, bool onLoopback) {
  const std::string_view host = request.headers.find("Host").value_or("");
  if (onLoopback && !isNobodyElses(hostOf(host))) {
    return problem(403, "Forbidden",
                   "the host " + shown(host) +
                       " may be anybody's name for this machine: write localhost or 127.0.0.1 in the URL");
  }
  const auto origin = request.headers.find("Origin");
  if (!origin) return std::nullopt;
  const auto scheme = origin->find("://");
  const std::string_view from = scheme == origin->npos ? std::string_view() : origin->substr(scheme + 3);
  if (from == host || isOfThisMachine(hostOf(from))) return std::nullopt;
  return problem(403, "Forbidden", "pages of " + shown(*origin) + " may not call this agent from a browser");
}

}  // namespace faasbatch::gateway
