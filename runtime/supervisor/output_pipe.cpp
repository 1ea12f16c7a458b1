#include "runtime/supervisor/output_pipe.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "runtime/protocol/frame.h"

namespace faasbatch::supervisor {
namespace {

constexpr int kReadsPerDrain = 8;  // 128 KiB: more than a pipe holds

}  // namespace

OutputPipe::OutputPipe(net::EventLoop& loop, protocol::UniqueFd fd, OnText onText)
    : fd_(std::move(fd)), onText_(std::move(onText)), watch_(net::FdWatch::make(loop, fd_.get())) {
  watch_->onReadable([this] { drain(); });
}

void OutputPipe::drain() {
  std::array<char, protocol::kMaxLogTextBytes> buffer;
  for (int i = 0; i < kReadsPerDrain; ++i) {
    const ssize_t size = ::read(fd_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size == 0) watch_->onReadable(nullptr);  // all writers have gone
    if (size <= 0) return;
    onText_({buffer.data(), static_cast<std::size_t>(size)});
    if (static_cast<std::size_t>(size) < buffer.size()) return;
  }
}

}  // namespace faasbatch::supervisor
