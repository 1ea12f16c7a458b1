#include "lib/net/client.h"

#include <algorithm>

#include "lib/net/detail/client_connection.h"

namespace faasbatch::net {
namespace {

using CallPointer = std::shared_ptr<ClientCall>;

class PooledClient final : public Client {
 public:
  PooledClient(AsioLoop& loop, Endpoint endpoint, ClientOptions options)
      : core_(std::make_shared<ClientCore>(loop, std::move(endpoint), std::move(options))) {}

  ~PooledClient() override { core_->endAll(); }

  CallId call(Request request, base::Instant deadline,
              std::move_only_function<void(base::Result<Response>)> done, bool idempotent) override {
    auto call = std::make_shared<ClientCall>();
    call->request = std::move(request);
    call->done = std::move(done);
    call->idempotent = idempotent;
    return start(call, deadline);
  }

  CallId stream(Request request, base::Instant deadline, StreamSink sink) override {
    auto call = std::make_shared<ClientCall>();
    call->request = std::move(request);
    call->sink = std::move(sink);
    return start(call, deadline);
  }

  void cancel(CallId call) override { core_->end(call, "Cancelled", "the call was cancelled"); }

 private:
  CallId start(const CallPointer& call, base::Instant deadline) {
    call->id = ++lastId_;
    if (deadline != base::Instant::never()) {
      call->timer = core_->loop.at(deadline, [core = core_.get(), id = call->id] {
        core->end(id, "DeadlineExceeded", "no complete answer before the deadline");
      });
    }
    core_->start(call);
    return call->id;
  }

  std::shared_ptr<ClientCore> core_;
  CallId lastId_ = 0;
};

}  // namespace

std::unique_ptr<Client> Client::make(EventLoop& loop, Endpoint endpoint, ClientOptions options) {
  return std::make_unique<PooledClient>(AsioLoop::of(loop), std::move(endpoint), std::move(options));
}

void ClientCall::finish(base::Result<void> result) {
  if (sink) {
    if (auto onEnd = std::exchange(sink->onEnd, nullptr)) onEnd(std::move(result));
  } else if (auto callback = std::exchange(done, nullptr)) {
    if (result) {
      callback(std::move(response));
    } else {
      callback(std::unexpected(std::move(result.error())));
    }
  }
}

ClientCore::ClientCore(AsioLoop& eventLoop, Endpoint where, ClientOptions clientOptions)
    : loop(eventLoop),
      endpoint(std::move(where)),
      options(std::move(clientOptions)),
      address(addressToConnect(endpoint)),
      dialer(options.tls ? TlsConnector::of(*options.tls).dialer(endpoint) : nullptr),
      host(endpoint.kind == Endpoint::Kind::kTcp ? endpoint.describe() : "localhost") {}

void ClientCore::start(const CallPointer& call) {
  if (!idle.empty()) {
    ClientConnection* const connection = idle.back();
    idle.pop_back();
    connection->begin(call);
  } else if (connections.size() < options.maxConnections) {
    open(call);
  } else if (waiting.size() < options.maxWaiting) {
    waiting.push_back(call);
  } else {
    loop.cancel(std::exchange(call->timer, 0));
    // Not from inside call(). finish() is nothing where the client has been destroyed meanwhile.
    refused.push_back(call);
    loop.post([self = shared_from_this(), call] {
      std::erase(self->refused, call);
      call->finish(base::fail("TooManyCalls", self->endpoint.describe() + ": " +
                                                  std::to_string(self->options.maxWaiting) +
                                                  " calls wait already"));
    });
  }
}

void ClientCore::open(const CallPointer& call) {
  connections.push_back(std::make_shared<ClientConnection>(shared_from_this(), call));
  connections.back()->connect();
}

void ClientCore::release(ClientConnection& connection) {
  if (!waiting.empty()) {
    const auto next = std::move(waiting.front());
    waiting.pop_front();
    return connection.begin(next);
  }
  connection.idleSince = loop.now();
  idle.push_back(&connection);
  if (idleTimer == 0)
    idleTimer = loop.at(idle.front()->idleSince + options.idleTime, [this] { closeIdle(); });
}

// The oldest are in front. One timer for all: it is set again when it has fired, not with every call.
void ClientCore::closeIdle() {
  idleTimer = 0;
  const auto self = shared_from_this();
  const base::Instant now = loop.now();
  while (!idle.empty() && idle.front()->idleSince + options.idleTime <= now) idle.front()->close();
  if (!idle.empty()) idleTimer = loop.at(idle.front()->idleSince + options.idleTime, [this] { closeIdle(); });
}

void ClientCore::remove(ClientConnection& connection) {
  std::erase(idle, &connection);
  std::erase_if(connections, [&](const auto& each) { return each.get() == &connection; });
  if (closing) return;
  while (!waiting.empty() && connections.size() < options.maxConnections) {
    const auto next = std::move(waiting.front());
    waiting.pop_front();
    open(next);
  }
}

bool ClientCore::end(Client::CallId id, std::string_view kind, std::string_view message) {
  const auto self = shared_from_this();
  CallPointer call;
  const auto queued = std::ranges::find(waiting, id, [](const CallPointer& each) { return each->id; });
  if (queued != waiting.end()) {
    call = *queued;
    waiting.erase(queued);
  } else {
    const auto carrier = std::ranges::find_if(connections, [id](const auto& connection) {
      return connection->call() && connection->call()->id == id;
    });
    if (carrier == connections.end()) return false;
    // Held, as close() takes it out of the list.
    // NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
    const auto connection = *carrier;
    call = connection->detach();
    connection->close();
  }
  loop.cancel(std::exchange(call->timer, 0));
  call->finish(base::fail(std::string(kind), endpoint.describe() + ": " + std::string(message)));
  return true;
}

void ClientCore::endAll() {
  const auto self = shared_from_this();
  closing = true;
  loop.cancel(std::exchange(idleTimer, 0));
  std::vector<CallPointer> calls(waiting.begin(), waiting.end());
  calls.insert(calls.end(), refused.begin(), refused.end());
  waiting.clear();
  refused.clear();
  while (!connections.empty()) {
    const auto connection = connections.back();
    if (auto call = connection->detach()) calls.push_back(std::move(call));
    connection->close();
  }
  for (const auto& call : calls) {
    loop.cancel(std::exchange(call->timer, 0));
    call->finish(base::fail("Cancelled", endpoint.describe() + ": the client has closed"));
  }
}

}  // namespace faasbatch::net
