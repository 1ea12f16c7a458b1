#include "lib/net/curl_url.h"

#include <curl/curl.h>

#include <memory>

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

}  // namespace

base::Result<CurlUrl> CurlUrl::parse(const std::string& text, const std::string& serverName) {
  const UrlHandle url(curl_url(), &curl_url_cleanup);
  if (!url) return base::fail("InvalidUrl", "out of memory");
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return base::fail("InvalidUrl", "the base URL is not a URL; write http://HOST:PORT/PATH");
  }
  const std::string scheme = part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return base::fail("InvalidUrl", "the base URL's scheme \"" + scheme + "\" is neither http nor https");
  }
  if (!part(url.get(), CURLUPART_QUERY).empty() || !part(url.get(), CURLUPART_FRAGMENT).empty()) {
    return base::fail("InvalidUrl",
                      "the base URL has a query or a fragment, to which no target can be appended");
  }
  CurlUrl result;
  result.user = part(url.get(), CURLUPART_USER, CURLU_URLDECODE);
  result.password = part(url.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
  curl_url_set(url.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0);
  result.url = result.sent = withoutSlash(part(url.get(), CURLUPART_URL));
  if (scheme == "https" && !serverName.empty() && !rename(url.get(), serverName, result)) {
    return base::fail("InvalidUrl", "the server name \"" + serverName + "\" is no host name");
  }
  return result;
}

}  // namespace faasbatch::net
