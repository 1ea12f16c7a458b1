#include "node-agent/gateway/media.h"

#include <algorithm>
#include <array>
#include <utility>

#include "node-agent/gateway/problem.h"

namespace faasbatch::gateway {
namespace {

constexpr std::array<std::string_view, 4> kJson{"application/json", "application/x-www-form-urlencoded",
                                                "text/json", "application/octet-stream"};
constexpr std::array<std::string_view, 9> kManifest{"application/json",
                                                    "application/yaml",
                                                    "application/x-yaml",
                                                    "text/yaml",
                                                    "text/x-yaml",
                                                    "application/apply-patch+yaml",
                                                    "text/plain",
                                                    "application/x-www-form-urlencoded",
                                                    "application/octet-stream"};

// Without parameters.
std::string_view essence(std::string_view contentType) {
  contentType = contentType.substr(0, contentType.find(';'));
  const auto last = contentType.find_last_not_of(" \t");
  return contentType.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

template <class Names>
bool isOneOf(std::string_view type, const Names& names) {
  return std::ranges::any_of(names, [type](std::string_view name) { return net::sameName(type, name); });
}

}  // namespace

bool isJsonMedia(std::string_view contentType) {
  constexpr std::string_view kSuffix = "+json";
  const std::string_view type = essence(contentType);
  return type.empty() || isOneOf(type, kJson) ||
         (type.size() > kSuffix.size() && net::sameName(type.substr(type.size() - kSuffix.size()), kSuffix));
}

bool isManifestMedia(std::string_view contentType) { return isOneOf(essence(contentType), kManifest); }

std::optional<net::Response> refusedEncoding(const net::Headers& headers) {
  const auto encoding = headers.find("Content-Encoding");
  if (!encoding || encoding->empty() || net::sameName(*encoding, "identity")) return std::nullopt;
  return unsupportedMedia(
      "Accept-Encoding", "identity",
      "Content-Encoding " + std::string(*encoding) + " is not supported: send the body as it is");
}

net::Response unsupportedMedia(std::string header, std::string taken, const std::string& detail) {
  net::Response response = problem(415, "UnsupportedMediaType", detail);
  response.headers.add(std::move(header), std::move(taken));
  return response;
}

}  // namespace faasbatch::gateway
