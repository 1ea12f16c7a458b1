// A client of the API server on a thread of its own, for programs whose loop must wait neither for the API
// server nor for the reading of what it says.
#pragma once

#include <functional>
#include <memory>

#include "lib/kube/access.h"
#include "lib/kube/client.h"
#include "lib/net/loop_thread.h"

namespace faasbatch::kube {

// The client, and whatever works with it (informers, ...), lives on the thread: made, used and destroyed
// there.
class ClientThread {
 public:
  using MakeAccess = std::function<base::Result<Access>(base::Loop& loop)>;

  // Fails as `access` and Client::make() do.
  static base::Result<std::unique_ptr<ClientThread>> start(MakeAccess access, ClientOptions options = {});
  ~ClientThread();
  ClientThread(const ClientThread&) = delete;
  ClientThread& operator=(const ClientThread&) = delete;

  // Runs there, in order. Any thread.
  void post(std::move_only_function<void(Client& client)> task);
  // The same, and waits for it: at starts and ends only.
  void run(std::move_only_function<void(Client& client)> task);
  net::EventLoop& loop() { return thread_.loop(); }
  std::uint64_t requests() const { return client_->requests(); }  // sent so far; any thread

 private:
  ClientThread() = default;

  net::LoopThread thread_;
  std::unique_ptr<Client> client_;
};

}  // namespace faasbatch::kube
