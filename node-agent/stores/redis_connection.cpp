#include "node-agent/stores/redis_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace faasbatch::stores {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10;
constexpr int kReadsPerTurn = 32;  // a large value leaves room for others on the loop
constexpr std::size_t kPiecesPerWrite = 64;

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

std::shared_ptr<RedisConnection> RedisConnection::connect(net::EventLoop& loop, const SocketTarget& target,
                                                          Events events) {
  const int fd = ::socket(target.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  std::shared_ptr<RedisConnection> connection(new RedisConnection(loop, fd, std::move(events)));
  const int one = 1;
  int failure = fd < 0 ? errno : 0;
  if (fd >= 0) {
    if (target.storage.ss_family != AF_UNIX) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&target.storage), target.length) != 0)
      failure = errno;
  }
  if (failure != 0 && failure != EINPROGRESS) {
    // Told later: never from inside the call.
    loop.post([connection, why = reason(failure)] { connection->fail(why); });
    return connection;
  }
  connection->start(failure == 0);
  return connection;
}

RedisConnection::RedisConnection(net::EventLoop& loop, int fd, Events events)
    : loop_(loop), fd_(fd), events_(std::move(events)), lastHeard_(loop.now()) {}

RedisConnection::~RedisConnection() { close(); }

void RedisConnection::close() {
  closed_ = true;
  watch_.reset();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  out_.clear();
}

void RedisConnection::fail(const std::string& why) {
  if (closed_) return;
  const auto self = shared_from_this();
  close();
  events_.onClosed(why);
}

void RedisConnection::start(bool connected) {
  watch_ = net::FdWatch::make(loop_, fd_);
  if (connected) return opened();
  flushing_ = true;
  watch_->onceWritable([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(self->fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return self->fail(reason(error));
    self->flushing_ = false;
    self->opened();
  });
}

void RedisConnection::opened() {
  open_ = true;
  watch_->onReadable([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->readMore();
  });
  if (!out_.empty()) flushLater();
}

void RedisConnection::send(Bytes command) {
  if (closed_) return;
  out_.push_back(std::move(command));
  if (open_) flushLater();
}

void RedisConnection::flushLater() {
  if (std::exchange(flushing_, true)) return;
  loop_.atEndOfTurn([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    self->flushing_ = false;
    self->flush();
  });
}

void RedisConnection::flush() {
  while (!out_.empty()) {
    std::array<iovec, kPiecesPerWrite> pieces{};
    std::size_t count = 0;
    for (const Bytes& bytes : out_) {
      if (count == pieces.size()) break;
      const std::size_t skip = count == 0 ? sent_ : 0;
      pieces[count++] = {const_cast<char*>(bytes->data()) + skip, bytes->size() - skip};
    }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    const ssize_t written = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      flushing_ = true;
      return watch_->onceWritable([weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self || self->closed_) return;
        self->flushing_ = false;
        self->flush();
      });
    }
    if (written < 0) return fail(reason(errno));
    sent_ += static_cast<std::size_t>(written);
    while (!out_.empty() && sent_ >= out_.front()->size()) {
      sent_ -= out_.front()->size();
      out_.pop_front();
    }
  }
}

void RedisConnection::readMore() {
  const auto self = shared_from_this();
  std::array<char, kReadBytes> buffer;
  for (int i = 0; i < kReadsPerTurn && !closed_; ++i) {
    // NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection): does not block, and no lock is held
    const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (size < 0) return fail(reason(errno));
    if (size == 0) return fail("it closed the connection");
    lastHeard_ = loop_.now();
    if (!reader_.feed({buffer.data(), static_cast<std::size_t>(size)}))
      return fail("it does not speak Redis's protocol");
    if (!deliver()) return;
    if (static_cast<std::size_t>(size) < buffer.size()) return;
  }
}

bool RedisConnection::deliver() {
  bool sound = true;
  while (auto reply = reader_.next(sound)) {
    events_.onReply(std::move(*reply));
    if (closed_) return false;
  }
  if (!sound) fail("it does not speak Redis's protocol");
  return sound;
}

}  // namespace faasbatch::stores
