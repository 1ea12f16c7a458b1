#include "runtime/multiplexer/redis_url.h"

#include <charconv>

#include "lib/net/http.h"

namespace faasbatch::multiplexer {
namespace {

std::unexpected<base::Error> wrong(const std::string& what) {
  return base::fail("StoreUnavailable", "the URL of the Redis store " + what +
                                            ", expected redis://[user:password@]host[:port][/database]");
}

template <class Number>
bool parseNumber(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

base::Result<void> parseLogin(std::string_view login, RedisUrl& url) {
  const std::size_t colon = login.find(':');
  const auto user = net::percentDecode(login.substr(0, colon));
  const auto password =
      colon == std::string_view::npos ? std::string() : net::percentDecode(login.substr(colon + 1));
  if (!user || !password) return wrong("has a wrong escape before the @");
  url.user = *user;
  url.password = *password;
  return {};
}

base::Result<void> parseHost(std::string_view host, RedisUrl& url) {
  std::size_t colon = host.rfind(':');
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return wrong("has a '[' that is not closed");
    url.host = host.substr(1, end - 1);
    colon = end + 1 < host.size() ? end + 1 : std::string_view::npos;
  } else {
    url.host = host.substr(0, colon);
  }
  if (url.host.empty()) return wrong("names no host");
  if (colon != std::string_view::npos && (!parseNumber(host.substr(colon + 1), url.port) || url.port == 0))
    return wrong("has no port behind its ':'");
  return {};
}

}  // namespace

std::string RedisUrl::describe() const {
  return "redis at " + (path.empty() ? host + ":" + std::to_string(port) : path);
}

base::Result<RedisUrl> parseRedisUrl(std::string_view text) {
  RedisUrl url;
  if (text.starts_with("unix:")) {
    url.path = text.substr(5);
    while (url.path.starts_with("//")) url.path.erase(0, 1);
    return url;
  }
  constexpr std::string_view kScheme = "redis://";
  if (text.starts_with("rediss://"))
    return wrong("asks for TLS, which the runtime's Redis client does not have");
  if (!text.starts_with(kScheme)) return wrong("does not begin with redis://");
  text.remove_prefix(kScheme.size());
  text = text.substr(0, text.find('?'));
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view database = text.substr(slash + 1);
    if (!database.empty() && (!parseNumber(database, url.database) || url.database < 0))
      return wrong("has a database that is no number");
    text = text.substr(0, slash);
  }
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    if (auto login = parseLogin(text.substr(0, at), url); !login) return std::unexpected(login.error());
    text = text.substr(at + 1);
  }
  if (auto host = parseHost(text, url); !host) return std::unexpected(host.error());
  return url;
}

}  // namespace faasbatch::multiplexer
