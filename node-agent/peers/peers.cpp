#include "node-agent/peers/peers.h"

#include <algorithm>
#include <utility>

#include "lib/base/ids.h"
#include "lib/telemetry/log.h"

namespace faasbatch::peers {
namespace {

LinkOptions withIncarnation(LinkOptions options, base::Instant now) {
  if (options.incarnation.empty()) options.incarnation = base::newInvocationId(now);
  return options;
}

}  // namespace

Peers::Peers(net::EventLoop& loop, telemetry::Registry& metrics, LinkOptions options)
    : loop_(loop),
      options_(withIncarnation(std::move(options), loop.now())),
      table_(options_.node),
      sent_(metrics.counter("faasbatch_peer_messages_sent_total", "Messages that peers have taken.")),
      requests_(metrics.counter("faasbatch_peer_requests_total", "Requests that carried messages to peers.")),
      dropped_(metrics.counter("faasbatch_peer_messages_dropped_total",
                               "Messages not sent because a queue was full or the peer restarted.")),
      failures_(metrics.counter("faasbatch_peer_failures_total", "Requests with messages that failed.")),
      received_(metrics.counter("faasbatch_peer_messages_received_total", "Messages that peers have sent.")),
      known_(metrics.gauge("faasbatch_peers", "Other agents there are.")) {}

Peers::~Peers() = default;

void Peers::update(const std::vector<PeerAddress>& peers) {
  const PeerChanges changes = table_.update(peers);
  std::map<std::string, std::string> moved;  // nodes and the lives known of their agents
  for (const std::string& node : changes.removed) {
    const auto link = links_.extract(node);
    if (table_.find(node)) {
      moved[node] = link.mapped()->incarnation();
      continue;
    }
    telemetry::info("a peer is gone", {{"peer", node}});
    heardNews(node, Contact::News::kLost, "the agent of node " + node + " is gone");
  }
  for (const PeerAddress& peer : changes.added) {
    telemetry::info("a peer is there", {{"peer", peer.node}, {"address", peer.endpoint.describe()}});
    auto link = std::make_unique<Link>(
        loop_, peer, options_, counts_,
        [this, node = peer.node](Contact::News news, const std::string& why) { heardNews(node, news, why); });
    if (const auto known = moved.find(peer.node); known != moved.end()) link->remember(known->second);
    link->probe();
    links_[peer.node] = std::move(link);
  }
  known_.set(static_cast<std::int64_t>(links_.size()));
}

void Peers::send(const std::string& node, Message message) {
  const auto link = links_.find(node);
  if (link != links_.end()) link->second->send(std::move(message));
  count();
}

void Peers::probe(const std::string& node) {
  const auto link = links_.find(node);
  if (link != links_.end()) link->second->probe();
  count();
}

bool Peers::isReady(const std::string& node) const {
  const PeerAddress* peer = table_.find(node);
  const auto link = links_.find(node);
  return peer && peer->ready && link != links_.end() && link->second->answers() && !link->second->leaving();
}

bool Peers::idle() const {
  return std::ranges::all_of(links_, [](const auto& link) { return link.second->idle(); });
}

bool Peers::isLost(const std::string& node) const {
  const auto link = links_.find(node);
  return link == links_.end() || link->second->lost();
}

std::vector<std::string> Peers::nodes() const {
  std::vector<std::string> nodes;
  nodes.reserve(links_.size());
  for (const auto& [node, link] : links_) nodes.push_back(node);
  return nodes;
}

net::Client* Peers::client(const std::string& node) {
  const auto link = links_.find(node);
  return link == links_.end() ? nullptr : &link->second->client();
}

bool Peers::received(const std::string& from, std::string_view incarnation, bool storeKept,
                     std::string_view to, std::vector<Message> messages) {
  const auto link = links_.find(from);
  if (link != links_.end() && !incarnation.empty()) link->second->heard(incarnation, storeKept);
  if (!to.empty() && to != options_.incarnation) return false;
  const auto handsBack = [](const Message& message) { return std::holds_alternative<HandBack>(message); };
  if (link != links_.end() && std::ranges::any_of(messages, handsBack)) link->second->leaves();
  received_.add(messages.size());
  if (messages.empty()) return true;
  later([from, messages = std::move(messages)](PeerListener& listener) mutable {
    for (Message& message : messages) listener.onMessage(from, std::move(message));
  });
  return true;
}

void Peers::heardNews(const std::string& node, Contact::News news, const std::string& why) {
  const auto link = links_.find(node);
  const bool kept = link != links_.end() && link->second->storeKept();
  if (news == Contact::News::kUp) {
    telemetry::info("a peer answers", {{"peer", node}});
    return later([node](PeerListener& listener) { listener.onUp(node); });
  }
  telemetry::warning("a peer is lost", {{"peer", node}, {"reason", why}});
  const bool restarted = news == Contact::News::kRestarted;
  later([node, restarted, loss = Loss{why, restarted && kept}](PeerListener& listener) {
    listener.onLost(node, loss);
    if (restarted) listener.onUp(node);
  });
}

void Peers::later(std::move_only_function<void(PeerListener&)> what) {
  loop_.post([this, alive = std::weak_ptr(alive_), what = std::move(what)]() mutable {
    if (!alive.expired() && listener_) what(*listener_);
  });
}

void Peers::count() {
  sent_.add(counts_.sent - counted_.sent);
  requests_.add(counts_.requests - counted_.requests);
  dropped_.add(counts_.dropped - counted_.dropped);
  failures_.add(counts_.failures - counted_.failures);
  counted_ = counts_;
}

}  // namespace faasbatch::peers
