#include "runtime/workers/native/store_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "lib/json/members.h"
#include "lib/json/write.h"

namespace faasbatch::native {
namespace {

constexpr std::uint32_t kMaxMessageBytes = 64 << 20;
constexpr int kStoreSeconds = 30;

std::unexpected<base::Error> unavailable(const std::string& what) {
  return base::fail("StoreUnavailable", "the store's socket: " + what);
}

bool sendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool receiveAll(int fd, char* at, std::size_t size) {
  while (size > 0) {
    const ssize_t n = ::recv(fd, at, size, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

// The answer's head and value.
base::Result<StoreClient::Value> decode(const std::string& answer) {
  const std::size_t end = answer.find('\n');
  const auto members = json::members(std::string_view(answer).substr(0, end));
  if (end == std::string::npos || !members) return unavailable("an answer that cannot be read");
  const auto is = [&](std::string_view key, std::string_view value) {
    return json::find(*members, key) == value;
  };
  if (!is("ok", "true")) {
    const auto error = json::members(json::find(*members, "error").value_or("{}"));
    if (!error) return unavailable("an answer that cannot be read");
    const auto text = [&](std::string_view key) {
      return json::asString(json::find(*error, key).value_or("\"\"")).value_or("");
    };
    return base::fail(text("type"), text("message"));
  }
  return StoreClient::Value{is("found", "true"), !is("type", "\"bytes\""), answer.substr(end + 1)};
}

}  // namespace

base::Result<void> StoreClient::connect() {
  const char* path = std::getenv("FAASBATCH_STORE_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path == nullptr || std::strlen(path) >= sizeof address.sun_path) return unavailable("no path is set");
  std::memcpy(address.sun_path, path, std::strlen(path));
  protocol::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return unavailable(std::strerror(errno));
  const timeval timeout{kStoreSeconds, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  socket_ = std::move(fd);
  return {};
}

base::Result<std::string> StoreClient::exchange(std::string_view head, std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(head.size() + bytes.size());
  char prefix[4];
  for (int i = 0; i < 4; ++i) prefix[i] = static_cast<char>(size >> (8 * i));
  std::string small(prefix, 4);
  small += head;
  if (!sendAll(socket_.get(), small) || !sendAll(socket_.get(), bytes) ||
      !receiveAll(socket_.get(), prefix, 4))
    return unavailable("the connection was lost");
  std::uint32_t answerSize = 0;
  for (int i = 3; i >= 0; --i) answerSize = (answerSize << 8) | static_cast<unsigned char>(prefix[i]);
  if (answerSize > kMaxMessageBytes) return unavailable("an answer that is too large");
  std::string answer(answerSize, '\0');
  if (!receiveAll(socket_.get(), answer.data(), answer.size())) return unavailable("the connection was lost");
  return answer;
}

base::Result<StoreClient::Value> StoreClient::call(std::string_view op, std::string_view key, bool isJson,
                                                   std::string_view bytes, double ttlSeconds) {
  std::string head;
  json::Object object(head);
  object.text("op", op).text("key", key).text("type", isJson ? "json" : "bytes");
  if (ttlSeconds > 0) object.number("ttl", ttlSeconds);
  object.end();
  head += '\n';
  if (head.size() + bytes.size() > kMaxMessageBytes)
    return base::fail("ValueTooLarge", "a value of " + std::to_string(bytes.size()) +
                                           " bytes is larger than the store takes, 64 MiB with its key");
  if (!socket_) {
    if (auto connected = connect(); !connected) return std::unexpected(connected.error());
  }
  auto answer = exchange(head, bytes);
  if (!answer) {
    socket_.reset();
    return std::unexpected(answer.error());
  }
  return decode(*answer);
}

}  // namespace faasbatch::native
