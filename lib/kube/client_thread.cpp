#include "lib/kube/client_thread.h"

#include <utility>

namespace faasbatch::kube {

base::Result<std::unique_ptr<ClientThread>> ClientThread::start(MakeAccess access, ClientOptions options) {
  std::unique_ptr<ClientThread> made(new ClientThread());
  auto client = made->thread_.on([&]() -> base::Result<std::unique_ptr<Client>> {
    auto where = access(made->thread_.loop());
    if (!where) return std::unexpected(where.error());
    return Client::make(made->thread_.loop(), std::move(*where), std::move(options));
  });
  if (!client) return std::unexpected(client.error());
  made->client_ = std::move(*client);
  return made;
}

ClientThread::~ClientThread() {
  thread_.on([this] { client_.reset(); });
}

void ClientThread::post(std::move_only_function<void(Client& client)> task) {
  thread_.loop().post([this, task = std::move(task)]() mutable { task(*client_); });
}

void ClientThread::run(std::move_only_function<void(Client& client)> task) {
  thread_.on([this, &task] { task(*client_); });
}

}  // namespace faasbatch::kube
