#include "runtime/multiplexer/session.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "runtime/multiplexer/store_message.h"

namespace faasbatch::multiplexer {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kKeptBytes = 64 * 1024;  // of a buffer between requests

}  // namespace

std::shared_ptr<Session> Session::make(net::EventLoop& loop, protocol::UniqueFd socket, Events events) {
  std::shared_ptr<Session> session(new Session(std::move(socket), std::move(events)));
  session->watch_ = net::FdWatch::make(loop, session->socket_.get());
  session->watch_->onReadable([weak = std::weak_ptr(session)] {
    if (const auto self = weak.lock()) self->onReadable();
  });
  return session;
}

void Session::onReadable() {
  std::array<char, kReadBytes> buffer;
  // The check takes weak_ptr::lock() for a mutex; and the socket does not block.
  // NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection)
  const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return close();
  in_.append(buffer.data(), static_cast<std::size_t>(size));
  // One request at a time: a peer that sends ahead keeps at most one more buffer here.
  if (running_ && in_.size() > kReadBytes) return close();
  if (!running_) takeMessage();
}

void Session::takeMessage() {
  if (in_.size() < kSizeBytes) return;
  const std::size_t size = decodeSize(in_);
  if (size > kMaxMessageBytes) return close();
  if (in_.size() < kSizeBytes + size) return;
  auto request = decodeRequest(std::string_view(in_).substr(kSizeBytes, size));
  in_.erase(0, kSizeBytes + size);
  if (in_.capacity() > kKeptBytes) in_.shrink_to_fit();
  running_ = true;
  if (!request) return answer(std::unexpected(request.error()));
  events_.run(std::move(*request), [weak = weak_from_this()](const base::Result<StoreAnswer>& result) {
    if (const auto self = weak.lock()) self->answer(result);
  });
}

void Session::answer(const base::Result<StoreAnswer>& answer) {
  if (!watch_) return;
  out_ = encodeAnswer(answer);
  written_ = 0;
  write();
}

void Session::write() {
  while (written_ < out_.size()) {
    const ssize_t size = ::send(socket_.get(), out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) {
      watch_->onceWritable([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->write();
      });
      return;
    }
    if (size <= 0) return close();
    written_ += static_cast<std::size_t>(size);
  }
  out_.clear();
  if (out_.capacity() > kKeptBytes) out_.shrink_to_fit();
  running_ = false;
  takeMessage();
}

void Session::close() {
  if (!std::exchange(watch_, nullptr)) return;
  const auto self = shared_from_this();  // the owner lets go
  socket_.reset();
  events_.onClosed(*this);
}

}  // namespace faasbatch::multiplexer
