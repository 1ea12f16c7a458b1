#include "node-agent/stores/redis_url.h"

#include <charconv>
#include <optional>

#include "lib/net/http.h"

namespace faasbatch::stores {
namespace {

constexpr int kMaxDatabase = 1'000'000;

std::unexpected<base::Error> invalid(const std::string& what) {
  return base::fail("InvalidUrl", "the URL of the Redis store has " + what +
                                      "; write redis://[:password@]host[:port][/db] or redis+unix:///path");
}

template <class Number>
bool toNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool takeLogin(std::string_view& rest, RedisUrl& url) {
  const std::size_t at = rest.rfind('@', rest.find('/'));
  if (at == std::string_view::npos) return true;
  const std::string_view login = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  const std::size_t colon = login.find(':');
  // Without a colon it is a password, as redis-cli has it for URLs without a user.
  const std::string_view user = colon == std::string_view::npos ? "" : login.substr(0, colon);
  const std::string_view password = colon == std::string_view::npos ? login : login.substr(colon + 1);
  const auto decodedUser = net::percentDecode(user);
  const auto decodedPassword = net::percentDecode(password);
  if (!decodedUser || !decodedPassword) return false;
  url.user = *decodedUser;
  url.password = *decodedPassword;
  return true;
}

bool takeHost(std::string_view authority, RedisUrl& url) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return false;
    url.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
  } else {
    url.host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(url.host.size());
  }
  if (url.host.empty()) return false;
  if (authority.empty()) return true;
  return authority.front() == ':' && toNumber(authority.substr(1), url.port) && url.port != 0;
}

}  // namespace

base::Result<RedisUrl> RedisUrl::parse(std::string_view text) {
  RedisUrl url;
  constexpr std::string_view kTcp = "redis://";
  constexpr std::string_view kUnix = "redis+unix://";
  const bool overUnix = text.starts_with(kUnix);
  if (!overUnix && !text.starts_with(kTcp)) return invalid("an unknown scheme");
  text.remove_prefix(overUnix ? kUnix.size() : kTcp.size());
  if (!takeLogin(text, url)) return invalid("a bad escape in its user or password");
  std::string_view database;
  if (overUnix) {
    url.path = text.substr(0, text.find('?'));
    if (!url.path.starts_with('/')) return invalid("no absolute path");
    text.remove_prefix(url.path.size());
    if (!text.empty() && !text.starts_with("?db=")) return invalid("an unknown query");
    if (!text.empty()) database = text.substr(4);
  } else {
    const std::string_view authority = text.substr(0, text.find('/'));
    if (!takeHost(authority, url)) return invalid("a bad host or port");
    text.remove_prefix(authority.size());
    if (!text.empty()) database = text.substr(1);
  }
  if (!database.empty() &&
      (!toNumber(database, url.database) || url.database < 0 || url.database > kMaxDatabase)) {
    return invalid("a bad database number");
  }
  return url;
}

std::string RedisUrl::describe() const {
  if (host.empty()) return "redis+unix://" + path;
  const bool v6 = host.find(':') != std::string::npos;
  return "redis://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace faasbatch::stores
