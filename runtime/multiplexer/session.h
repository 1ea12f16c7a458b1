// One connection of a worker's thread or process to the store socket.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "lib/net/loop.h"
#include "runtime/multiplexer/backend.h"
#include "runtime/protocol/unique_fd.h"

namespace faasbatch::multiplexer {

// Reads a request, has it run, writes the answer, reads the next. Loop thread only.
class Session : public std::enable_shared_from_this<Session> {
 public:
  struct Events {
    std::function<void(StoreRequest, Backend::Done)> run;
    std::function<void(Session&)> onClosed;  // once; the owner lets go of it then
  };

  static std::shared_ptr<Session> make(net::EventLoop& loop, protocol::UniqueFd socket, Events events);
  void close();

 private:
  Session(protocol::UniqueFd socket, Events events)
      : socket_(std::move(socket)), events_(std::move(events)) {}
  void onReadable();
  void takeMessage();
  void answer(const base::Result<StoreAnswer>& answer);
  void write();

  protocol::UniqueFd socket_;
  Events events_;
  std::unique_ptr<net::FdWatch> watch_;
  std::string in_;
  std::string out_;
  std::size_t written_ = 0;
  bool running_ = false;
};

}  // namespace faasbatch::multiplexer
