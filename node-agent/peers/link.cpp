#include "node-agent/peers/link.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/peers/secret.h"

namespace faasbatch::peers {
namespace {

constexpr base::Duration kProbeEvery = std::chrono::milliseconds(500);
constexpr std::size_t kMessageOverhead = 256;
// For other requests: a call that is passed on holds one until it is answered. Further ones wait.
constexpr std::size_t kConnections = 512;

std::size_t sizeOf(const engine::OutputValue& value) {
  std::size_t bytes = value.ref.payload.size() + value.ref.key.size();
  for (const engine::OutputValue& item : value.items) bytes += sizeOf(item);
  return bytes;
}

std::size_t sizeOf(const Message& message) {
  std::size_t bytes = kMessageOverhead;
  if (const auto* ended = std::get_if<Ended>(&message)) {
    bytes += sizeOf(ended->end->output) + ended->end->records.json.size();
  } else if (const auto* begin = std::get_if<Begin>(&message)) {
    bytes += begin->input.payload.size() + begin->share.ownership->owners.size() * 4;
    for (const engine::StepEnd& end : begin->share.ended) bytes += sizeOf(end.output) + kMessageOverhead;
  } else if (const auto* progress = std::get_if<Progress>(&message)) {
    bytes += progress->log.size();
    for (const auto& step : progress->steps) bytes += step.records.json.size() + step.waits.size();
  } else if (const auto* plans = std::get_if<Plans>(&message)) {
    for (const std::string& manifest : plans->manifests) bytes += manifest.size();
  }
  return bytes;
}

// The message as it is to be sent now: a run's age counts on while it waits.
Message aged(const Message& message, base::Duration waited) {
  Message now = message;
  if (auto* begin = std::get_if<Begin>(&now)) begin->age += waited;
  return now;
}

net::ClientOptions clientOptions(const LinkOptions& options, std::size_t connections) {
  net::ClientOptions client;
  client.maxConnections = connections;
  client.tls = options.tls;
  client.headers.add("Authorization", bearer(options.secret));
  client.headers.add(std::string(kNodeHeader), options.node);
  client.headers.add(std::string(kIncarnationHeader), options.incarnation);
  client.headers.add(std::string(kStoreHeader), options.storeKept ? "kept" : "forgets");
  return client;
}

}  // namespace

Link::Link(net::EventLoop& loop, PeerAddress peer, const LinkOptions& options, LinkCounts& counts, News news)
    : loop_(loop),
      peer_(std::move(peer)),
      options_(options),
      counts_(counts),
      news_(std::move(news)),
      contact_(options.patience),
      messages_(net::Client::make(loop, peer_.endpoint, clientOptions(options, 1))),
      client_(net::Client::make(loop, peer_.endpoint, clientOptions(options, kConnections))) {}

Link::~Link() { loop_.cancel(retry_); }

void Link::send(Message message) {
  const std::size_t bytes = sizeOf(message);
  if (queue_.size() + 1 > kMaxQueuedMessages || queuedBytes_ + bytes > kMaxQueuedBytes) {
    const auto expendable = [](const Queued& queued) {
      return std::holds_alternative<Progress>(queued.message);
    };
    std::size_t dropped = std::erase_if(queue_, expendable);
    if (dropped == 0) {
      dropped = queue_.size();
      queue_.clear();
      telemetry::warning("messages to a peer are dropped: its queue is full; they are asked for again",
                         {{"peer", peer_.node}, {"messages", dropped}});
    }
    counts_.dropped += dropped;
    queuedBytes_ = 0;
    for (const Queued& queued : queue_) queuedBytes_ += queued.bytes;
  }
  queue_.push_back({std::move(message), loop_.now(), bytes});
  queuedBytes_ += bytes;
  schedule();
}

void Link::probe() {
  if (busy_ || loop_.now() - asked_ < kProbeEvery) return;
  probing_ = true;
  schedule();
}

void Link::heard(std::string_view incarnation, bool storeKept) {
  storeKept_ = storeKept;
  const Contact::News news = contact_.heard(incarnation);
  if (news == Contact::News::kRestarted) dropAll();
  tell(news, "the agent of node " + peer_.node + " restarted");
}

void Link::remember(const std::string& incarnation) {
  if (!incarnation.empty()) contact_.heard(incarnation);
}

// At the end of the turn, so that what a turn has to say goes together.
void Link::schedule() {
  if (scheduled_ || busy_) return;
  scheduled_ = true;
  loop_.atEndOfTurn([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    scheduled_ = false;
    flush();
  });
}

void Link::flush() {
  if (busy_ || (queue_.empty() && !probing_)) return;
  busy_ = true;
  probing_ = false;
  net::Request request{"POST", std::string(kMessagesPath), {}, takeBatch()};
  if (!contact_.incarnation().empty()) request.headers.add(std::string(kToHeader), contact_.incarnation());
  asked_ = loop_.now();
  const base::Duration time = kRequestTime + std::chrono::seconds(request.body.size() >> 20);
  ++counts_.requests;
  messages_->call(std::move(request), asked_ + time, [this](base::Result<net::Response> answer) {
    busy_ = false;
    answered(std::move(answer));
  });
}

std::string Link::takeBatch() {
  std::string body;
  const base::Instant now = loop_.now();
  while (!queue_.empty() && underWay_.size() < kMaxMessages &&
         (body.empty() || body.size() + queue_.front().bytes <= kMaxBatchBytes)) {
    Queued& next = queue_.front();
    append(body, aged(next.message, now - next.at));
    queuedBytes_ -= next.bytes;
    underWay_.push_back(std::move(next));
    queue_.pop_front();
  }
  return body;
}

void Link::answered(base::Result<net::Response> answer) {
  if (!answer) return failed(answer.error().message);
  const auto incarnation = answer->headers.find(kIncarnationHeader);
  if (answer->status == 401) return failed("it does not take our secret");
  if (!incarnation || (answer->status >= 500)) return failed("it answered " + std::to_string(answer->status));
  const bool storeKept = answer->headers.find(kStoreHeader) == "kept";
  if (answer->status == 200) {
    counts_.sent += underWay_.size();
  } else if (answer->status != 412) {
    counts_.dropped += underWay_.size();
    telemetry::error(
        "a peer refused messages",
        {{"peer", peer_.node}, {"status", answer->status}, {"answer", answer->body.substr(0, 500)}});
  }
  if (answer->status != 412) underWay_.clear();
  warned_ = false;
  heard(*incarnation, storeKept);
  if (!queue_.empty()) schedule();
}

// The same messages again, a little later. They are safe to get twice.
void Link::failed(const std::string& why) {
  ++counts_.failures;
  if (!std::exchange(warned_, true)) {
    telemetry::warning("a peer cannot be reached", {{"peer", peer_.node}, {"reason", why}});
  }
  queue_.insert(queue_.begin(), std::make_move_iterator(underWay_.begin()),
                std::make_move_iterator(underWay_.end()));
  for (const Queued& queued : underWay_) queuedBytes_ += queued.bytes;
  underWay_.clear();
  const Contact::News news = contact_.failed(loop_.now());
  busy_ = true;  // until the retry
  retry_ = loop_.after(contact_.backoff(), [this] {
    retry_ = 0;
    busy_ = false;
    probing_ = true;
    flush();
  });
  tell(news, "the agent of node " + peer_.node + " cannot be reached: " + why);
}

void Link::tell(Contact::News news, const std::string& why) {
  if (news != Contact::News::kNone) news_(news, why);
}

void Link::dropAll() {
  counts_.dropped += queue_.size() + underWay_.size();
  queue_.clear();
  underWay_.clear();
  queuedBytes_ = 0;
}

}  // namespace faasbatch::peers
