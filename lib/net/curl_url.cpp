#include "lib/net/curl_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <array>
#include <initializer_list>
#include <memory>
#include <utility>

namespace faasbatch::net {
namespace {

using UrlHandle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&curl_free)> owned(text, &curl_free);
  return owned.get();
}

std::string withoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

// Curl takes the name to verify from the URL, so it is put there. False where it is no name.
bool rename(CURLU* url, const std::string& serverName, CurlUrl& result) {
  const bool isV6 = serverName.find(':') != serverName.npos;
  const std::string name = isV6 ? "[" + serverName + "]" : serverName;
  const std::string host = part(url, CURLUPART_HOST);
  const std::string given = part(url, CURLUPART_PORT);
  const std::string port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (curl_url_set(url, CURLUPART_HOST, name.c_str(), 0) != CURLUE_OK) return false;
  result.sent = withoutSlash(part(url, CURLUPART_URL));
  result.connectTo = name + ":" + port + ":" + host + ":" + port;
  result.host = given.empty() ? host : host + ":" + given;
  return true;
}

// `host` as curl gives it: an IPv6 address in brackets.
bool isLoopback(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (::inet_pton(AF_INET, host.c_str(), address.data()) == 1) return address[0] == 127;
  return host == "localhost" || host == "[::1]";
}

void clear(CURLU* url, std::initializer_list<CURLUPart> parts) {
  for (const CURLUPart which : parts) curl_url_set(url, which, nullptr, 0);
}

base::Result<UrlHandle> take(const std::string& text) {
  UrlHandle url(curl_url(), &curl_url_cleanup);
  if (!url) return base::fail("InvalidUrl", "out of memory");
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return base::fail("InvalidUrl", "this is not a URL; write http://HOST:PORT/PATH");
  }
  const std::string scheme = part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return base::fail("InvalidUrl", "the URL's scheme \"" + scheme + "\" is neither http nor https");
  }
  return url;
}

}  // namespace

base::Result<CurlTarget> CurlTarget::parse(const std::string& text) {
  auto taken = take(text);
  if (!taken) return std::unexpected(taken.error());
  CURLU* const url = taken->get();
  clear(url, {CURLUPART_FRAGMENT});
  CurlTarget result;
  const std::string query = part(url, CURLUPART_QUERY);
  result.target = part(url, CURLUPART_PATH) + (query.empty() ? "" : "?" + query);
  clear(url, {CURLUPART_QUERY, CURLUPART_PATH});
  result.base = part(url, CURLUPART_URL);
  clear(url, {CURLUPART_USER, CURLUPART_PASSWORD});
  curl_url_set(url, CURLUPART_PATH, result.target.substr(0, result.target.find('?')).c_str(), 0);
  result.shown = part(url, CURLUPART_URL);
  return result;
}

base::Result<CurlUrl> CurlUrl::parse(const std::string& text, const std::string& serverName) {
  auto taken = take(text);
  if (!taken) return std::unexpected(taken.error());
  const UrlHandle url = std::move(*taken);
  if (!part(url.get(), CURLUPART_QUERY).empty() || !part(url.get(), CURLUPART_FRAGMENT).empty()) {
    return base::fail("InvalidUrl",
                      "the base URL has a query or a fragment, to which no target can be appended");
  }
  CurlUrl result;
  result.user = part(url.get(), CURLUPART_USER, CURLU_URLDECODE);
  result.password = part(url.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
  clear(url.get(), {CURLUPART_USER, CURLUPART_PASSWORD});
  result.url = result.sent = withoutSlash(part(url.get(), CURLUPART_URL));
  result.loopback = isLoopback(part(url.get(), CURLUPART_HOST));
  const bool secure = part(url.get(), CURLUPART_SCHEME) == "https";
  if (secure && !serverName.empty() && !rename(url.get(), serverName, result)) {
    return base::fail("InvalidUrl", "the server name \"" + serverName + "\" is no host name");
  }
  return result;
}

}  // namespace faasbatch::net
