// A socket that listens.
#pragma once

#include "lib/base/error.h"
#include "lib/net/endpoint.h"

namespace faasbatch::net {

// Owns the descriptor. A Unix socket is made with mode 0600 in the place of an old one, and goes with its
// owner, unless another has taken its place meanwhile. Other files are never replaced.
class ListenSocket {
 public:
  // Listens at once, without blocking; kind "ListenFailed".
  static base::Result<ListenSocket> open(const Endpoint& endpoint);

  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;
  ~ListenSocket() { close(); }

  int fd() const { return fd_; }
  const Endpoint& endpoint() const { return endpoint_; }  // with the port the kernel chose

  // One connection, non-blocking, closed on exec; -1 with errno where there is none.
  int accept() const;
  void close();

 private:
  ListenSocket(int fd, Endpoint endpoint);

  int fd_ = -1;
  Endpoint endpoint_;
  unsigned long device_ = 0;  // of the Unix socket's file
  unsigned long inode_ = 0;
};

}  // namespace faasbatch::net
