// What a worker's process writes to its standard output or error output, past the frames.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/net/loop.h"
#include "runtime/protocol/unique_fd.h"

namespace faasbatch::supervisor {

// Reads the pipe as text comes; pieces are at most kMaxLogTextBytes. Loop thread only.
class OutputPipe {
 public:
  using OnText = std::function<void(std::string_view text)>;

  // `fd` does not block.
  OutputPipe(net::EventLoop& loop, protocol::UniqueFd fd, OnText onText);

  // Gives what has been written so far, up to a bound a call so that a flood leaves others their turn.
  void drain();

 private:
  protocol::UniqueFd fd_;
  OnText onText_;
  std::unique_ptr<net::FdWatch> watch_;
};

}  // namespace faasbatch::supervisor
