#include "node-agent/forwarding/courier.h"

#include <algorithm>
#include <utility>

#include "node-agent/forwarding/call_frames.h"
#include "node-agent/forwarding/call_service.h"

namespace faasbatch::forwarding {

// Waits for the end of the turn, is alone under way (`client`), or is one of a batch.
struct Courier::Call {
  net::Request request;
  Done done;  // nullptr once it has ended
  net::Client* client = nullptr;
  net::Client::CallId id = 0;
  std::weak_ptr<Batch> batch;
};

struct Courier::Batch {
  std::string node;
  std::vector<CallPtr> calls;
  std::size_t left = 0;  // calls without an answer
  net::Client* client = nullptr;
  net::Client::CallId id = 0;
  net::Response refusal;  // an answer that is not 200: to all of them
  AnswerReader reader;
};

Courier::Courier(net::EventLoop& loop, peers::Peers& peers, telemetry::Registry& metrics)
    : loop_(loop),
      peers_(peers),
      together_(metrics.counter("faasbatch_requests_forwarded_together_total",
                                "Requests to other agents with several callers' requests in each.")) {}

Courier::CallPtr Courier::call(const std::string& node, net::Request request, Done done) {
  const auto call = std::make_shared<Call>(Call{.request = std::move(request), .done = std::move(done)});
  if (queue_.empty()) {
    loop_.atEndOfTurn([this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) leave();
    });
  }
  queue_[node].push_back(call);
  return call;
}

void Courier::cancel(const CallPtr& call) {
  if (!call->done) return;
  if (call->client) return call->client->cancel(call->id);
  const BatchPtr batch = call->batch.lock();
  if (batch && --batch->left == 0 && batch->client) batch->client->cancel(batch->id);
  finish(*call, base::fail("Cancelled", "the call was cancelled"));
}

void Courier::finish(Call& call, base::Result<net::Response> answer) {
  if (auto done = std::exchange(call.done, nullptr)) done(std::move(answer));
}

void Courier::leave() {
  for (auto& [node, calls] : std::exchange(queue_, {})) leave(node, std::move(calls));
}

void Courier::leave(const std::string& node, std::vector<CallPtr> calls) {
  std::erase_if(calls, [](const CallPtr& call) { return !call->done; });
  net::Client* const client = peers_.client(node);
  if (!client) {
    for (const CallPtr& call : calls)
      finish(*call, base::fail("ConnectFailed", "there is no agent on node " + node));
    return;
  }
  const auto alone = aloneUntil_.find(node);
  const bool together = alone == aloneUntil_.end() || alone->second <= loop_.now();
  std::vector<CallPtr> batch;
  std::size_t bytes = 0;
  const auto send = [&] {
    if (batch.size() == 1) {
      sendAlone(*client, batch.front());
    } else if (!batch.empty()) {
      sendTogether(*client, node, std::move(batch));
    }
    batch.clear();
    bytes = 0;
  };
  for (const CallPtr& call : calls) {
    const std::size_t size = call->request.body.size();
    // What would have the whole request refused goes by itself.
    if (!together || size > kMaxBytesOfOne || call->request.headers.size() > kMaxFields) {
      sendAlone(*client, call);
      continue;
    }
    if (batch.size() == kMaxCallsTogether || bytes + size > kMaxBytesTogether) send();
    batch.push_back(call);
    bytes += size;
  }
  send();
}

void Courier::sendAlone(net::Client& client, const CallPtr& call) {
  call->client = &client;
  call->id = client.call(std::move(call->request), loop_.now() + kForwardTime,
                         [call, alive = std::weak_ptr(alive_)](base::Result<net::Response> answer) {
                           call->client = nullptr;
                           if (!alive.expired()) finish(*call, std::move(answer));
                         });
}

void Courier::sendTogether(net::Client& client, const std::string& node, std::vector<CallPtr> calls) {
  auto batch = std::make_shared<Batch>();
  batch->node = node;
  batch->left = calls.size();
  batch->client = &client;
  net::Request request{"POST", std::string(kCallsPath), {}, std::string(kCallsMagic)};
  for (const CallPtr& call : calls) {
    appendCall(request.body, call->request);
    call->batch = batch;
  }
  batch->calls = std::move(calls);
  together_.add();
  const auto alive = std::weak_ptr(alive_);
  net::StreamSink sink;
  sink.onHead = [batch](int status, const net::Headers& headers) {
    batch->refusal.status = status;
    if (status != 200) batch->refusal.headers = headers;
    if (status == 200) {
      for (const CallPtr& call : batch->calls) call->request = {};
    }
  };
  sink.onData = [this, alive, batch](std::string_view data) {
    if (!alive.expired()) received(batch, data);
  };
  sink.onEnd = [this, alive, batch](const base::Result<void>& end) {
    batch->client = nullptr;
    if (!alive.expired()) ended(batch, end);
  };
  batch->id = client.stream(std::move(request), loop_.now() + kForwardTime, std::move(sink));
}

void Courier::received(const BatchPtr& batch, std::string_view data) {
  if (batch->refusal.status != 200) {
    std::string& body = batch->refusal.body;
    body += data.substr(0, kMaxAnswerBytes - std::min(kMaxAnswerBytes, body.size()));
    return;
  }
  AnswerReader::Take take = [&](std::uint32_t place, net::Response response) {
    if (place >= batch->calls.size() || !batch->calls[place]->done) return;  // it was cancelled
    --batch->left;
    finish(*batch->calls[place], std::move(response));
  };
  if (const auto read = batch->reader.feed(data, take); !read) {
    finishAll(*batch, std::unexpected(base::Error{"InvalidResponse", read.error().message}));
    if (batch->client) batch->client->cancel(batch->id);
  }
}

void Courier::ended(const BatchPtr& batch, const base::Result<void>& end) {
  if (!end) return finishAll(*batch, std::unexpected(end.error()));
  if (batch->refusal.status == 404) {  // an older agent: it has done nothing
    std::erase_if(aloneUntil_, [now = loop_.now()](const auto& each) { return each.second <= now; });
    aloneUntil_[batch->node] = loop_.now() + kAloneTime;
    for (const CallPtr& call : batch->calls) call->batch.reset();
    return leave(batch->node, std::move(batch->calls));
  }
  if (batch->refusal.status != 200) return finishAll(*batch, batch->refusal);
  finishAll(*batch, base::fail("InvalidResponse", "the agent of node " + batch->node +
                                                      " has answered other calls, and not this one"));
}

void Courier::finishAll(Batch& batch, const base::Result<net::Response>& answer) {
  for (const CallPtr& call : std::exchange(batch.calls, {})) finish(*call, answer);
}

}  // namespace faasbatch::forwarding
