#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "lib/net/detail/asio_loop.h"
#include "lib/net/loop.h"

namespace faasbatch::net {
namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Handler = std::move_only_function<void()>;

// Shared with the waits under way, which may come back after the watch has gone. Handlers are shared too: one
// that replaces itself lives until it returns.
struct State {
  State(Context& context, int fd) : descriptor(context.get_executor(), fd) {}

  Descriptor descriptor;
  std::shared_ptr<Handler> readable;
  std::shared_ptr<Handler> writable;
  bool waitingToRead = false;
  bool waitingToWrite = false;
};

void awaitReadable(const std::shared_ptr<State>& state) {
  if (state->waitingToRead || !state->readable) return;
  state->waitingToRead = true;
  state->descriptor.async_wait(Descriptor::wait_read, [state](ErrorCode error) {
    state->waitingToRead = false;
    const auto handler = state->readable;
    if (error || !handler) return;
    (*handler)();
    awaitReadable(state);
  });
}

void awaitWritable(const std::shared_ptr<State>& state) {
  if (state->waitingToWrite || !state->writable) return;
  state->waitingToWrite = true;
  state->descriptor.async_wait(Descriptor::wait_write, [state](ErrorCode error) {
    state->waitingToWrite = false;
    const auto handler = std::exchange(state->writable, nullptr);
    if (error || !handler) return;
    (*handler)();
  });
}

class AsioFdWatch final : public FdWatch {
 public:
  AsioFdWatch(Context& context, int fd) : state_(std::make_shared<State>(context, fd)) {}

  ~AsioFdWatch() override {
    state_->readable = nullptr;
    state_->writable = nullptr;
    state_->descriptor.release();  // ends the waits; the descriptor stays open
  }

  void onReadable(Handler handler) override {
    state_->readable = handler ? std::make_shared<Handler>(std::move(handler)) : nullptr;
    awaitReadable(state_);
  }

  void onceWritable(Handler handler) override {
    state_->writable = handler ? std::make_shared<Handler>(std::move(handler)) : nullptr;
    awaitWritable(state_);
  }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace

std::unique_ptr<FdWatch> FdWatch::make(EventLoop& loop, int fd) {
  return std::make_unique<AsioFdWatch>(AsioLoop::of(loop).context(), fd);
}

}  // namespace faasbatch::net
