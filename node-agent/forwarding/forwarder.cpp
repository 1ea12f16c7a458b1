#include "node-agent/forwarding/forwarder.h"

#include <algorithm>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "node-agent/forwarding/merge_lists.h"

namespace faasbatch::forwarding {
namespace {

// Of a caller's request, as far as an answer depends on them.
constexpr std::string_view kPassedOn[] = {"Content-Type", "Content-Encoding", "Prefer",    "Idempotency-Key",
                                          "Accept",       "traceparent",      "tracestate"};
// Of an answer: the session layer's own.
constexpr std::string_view kOfTheConnection[] = {"Content-Length", "Transfer-Encoding", "Connection", "Date",
                                                 "Keep-Alive"};

bool isOneOf(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::any_of(names, [name](std::string_view one) { return net::sameName(one, name); });
}

net::Request passedOn(const net::Request& request, bool settled) {
  net::Request copy;
  copy.method = request.method == "HEAD" ? "GET" : request.method;  // the session layer leaves the body out
  copy.target = std::string(kGatewayPath) + request.target;
  for (const auto& [name, value] : request.headers) {
    if (isOneOf(name, kPassedOn)) copy.headers.add(name, value);
  }
  if (settled) copy.headers.add(std::string(kSettledHeader), "true");
  copy.body = request.body;
  return copy;
}

net::Response passedBack(net::Response answer) {
  net::Response response;
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) {
    if (!isOneOf(name, kOfTheConnection)) response.headers.add(name, value);
  }
  response.body = std::move(answer.body);
  return response;
}

bool nothingWasSent(const base::Error& error) {
  return error.kind == "ConnectFailed" || error.kind == "TooManyCalls";
}

// It did nothing, and another agent may.
bool refuses(const net::Response& answer) {
  if ((answer.status != 503 && answer.status != 404) || !json::check(answer.body)) return false;
  const auto text = json::at(answer.body, {"reason"});
  const auto reason = text ? json::asString(*text) : std::nullopt;
  return reason == "Draining" || reason == "InvocationNotFound";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

}  // namespace

struct Forwarder::Exchange {
  net::Request request;
  net::Responder responder;
  Here here;
  Candidates candidates;
  bool settled = false;
  std::size_t at = 0;             // whose turn is next
  std::string node;               // who is asked now
  net::Client* client = nullptr;  // of a request that only reads
  net::Client::CallId call = 0;
  Courier::CallPtr carried;  // of any other
  std::string lost;          // why the one that is asked will not answer
};

struct Forwarder::Listing {
  net::Responder responder;
  std::size_t limit = 0;
  std::size_t left = 0;
  std::vector<std::string> lists;
  std::vector<std::string> silent;  // nodes whose agents did not answer
};

Forwarder::Forwarder(net::EventLoop& loop, peers::Peers& peers, telemetry::Registry& metrics, Problem problem)
    : loop_(loop),
      peers_(peers),
      courier_(loop, peers, metrics),
      problem_(std::move(problem)),
      forwarded_(
          metrics.counter("faasbatch_requests_forwarded_total", "Requests that another agent answered.")),
      passedOver_(metrics.counter("faasbatch_requests_passed_over_total",
                                  "Agents that could not be sent a request, or were shutting down.")),
      lost_(metrics.counter("faasbatch_requests_lost_total",
                            "Requests that another agent had taken and did not answer.")) {}

Forwarder::~Forwarder() {
  loop_.cancel(looking_);
  for (const ExchangePtr& exchange : underWay_) exchange->client = nullptr;
}

void Forwarder::pass(Candidates candidates, net::Request request, net::Responder responder, Here here) {
  std::ranges::stable_partition(
      candidates, [this](const std::string& node) { return node == peers_.node() || peers_.isReady(node); });
  const bool settled = request.headers.find(kSettledHeader).has_value();
  const auto exchange = std::make_shared<Exchange>(Exchange{.request = std::move(request),
                                                            .responder = std::move(responder),
                                                            .here = std::move(here),
                                                            .candidates = std::move(candidates),
                                                            .settled = settled});
  exchange->responder.onClosed([this, alive = std::weak_ptr(alive_), weak = std::weak_ptr(exchange)] {
    const auto gone = weak.lock();
    if (gone && !alive.expired()) stopAsking(gone);
  });
  next(exchange);
}

void Forwarder::stopAsking(const ExchangePtr& exchange) {
  if (exchange->client) return exchange->client->cancel(exchange->call);
  if (const Courier::CallPtr carried = exchange->carried) courier_.cancel(carried);
}

void Forwarder::next(const ExchangePtr& exchange) {
  while (exchange->at < exchange->candidates.size()) {
    exchange->node = exchange->candidates[exchange->at++];
    if (exchange->node == peers_.node()) {
      return exchange->here(std::move(exchange->request), std::move(exchange->responder));
    }
    if (net::Client* client = peers_.client(exchange->node)) return ask(exchange, *client);
  }
  exchange->responder.send(problem_(
      {"AgentUnreachable", "none of the agents that could answer this can be reached: those of nodes " +
                               joined(exchange->candidates)}));
}

void Forwarder::ask(const ExchangePtr& exchange, net::Client& client) {
  underWay_.insert(exchange);
  if (!looking_) looking_ = loop_.after(kLookEvery, [this] { look(); });
  auto done = [this, exchange, alive = std::weak_ptr(alive_)](base::Result<net::Response> answer) {
    if (!alive.expired()) answered(exchange, std::move(answer));
  };
  net::Request request = passedOn(exchange->request, exchange->settled);
  const bool onlyReads = request.method == "GET" || request.method == "HEAD";
  if (!onlyReads) {
    exchange->carried = courier_.call(exchange->node, std::move(request), std::move(done));
    return;
  }
  exchange->client = &client;
  exchange->call = client.call(std::move(request), loop_.now() + kForwardTime, std::move(done), onlyReads);
}

void Forwarder::answered(const ExchangePtr& exchange, base::Result<net::Response> answer) {
  underWay_.erase(exchange);
  exchange->client = nullptr;
  exchange->carried = nullptr;
  if (exchange->responder.closed()) return;
  const bool left = exchange->at < exchange->candidates.size();
  // 401 is of the peer port: it does not take our secret.
  if (answer ? answer->status == 401 || (left && refuses(*answer)) : nothingWasSent(answer.error())) {
    passedOver_.add();
    if (!answer) peers_.probe(exchange->node);
    return next(exchange);
  }
  if (answer) {
    forwarded_.add();
    return exchange->responder.send(passedBack(std::move(*answer)));
  }
  lost_.add();
  const std::string why = exchange->lost.empty() ? answer.error().message : exchange->lost;
  const bool acts = exchange->request.method == "POST";
  exchange->responder.send(problem_(
      {"AgentUnreachable",
       "the agent of node " + exchange->node + " was lost before it answered: " + why +
           (acts ? "; the call may have run: a caller with an Idempotency-Key may repeat it" : "")}));
}

void Forwarder::lost(const std::string& node, const std::string& why) {
  std::vector<ExchangePtr> ended;
  for (const ExchangePtr& exchange : underWay_) {
    if (exchange->node == node) ended.push_back(exchange);
  }
  for (const ExchangePtr& exchange : ended) {
    exchange->lost = why;
    stopAsking(exchange);
  }
}

// A peer whose machine has gone closes no connection.
void Forwarder::look() {
  looking_ = 0;
  std::set<std::string_view> asked;
  for (const ExchangePtr& exchange : underWay_) {
    if (asked.insert(exchange->node).second) peers_.probe(exchange->node);
  }
  if (!underWay_.empty()) looking_ = loop_.after(kLookEvery, [this] { look(); });
}

void Forwarder::list(const net::Request& request, std::size_t limit, Own own, net::Responder responder) {
  if (!own) return responder.send(problem_(own.error()));
  auto listing = std::make_shared<Listing>(Listing{std::move(responder), limit, 1, {}, {}});
  listing->lists.push_back(std::move(*own));
  for (const std::string& node : peers_.nodes()) {
    net::Client* client = peers_.client(node);
    if (!client || peers_.isLost(node)) {
      peers_.probe(node);
      listing->silent.push_back(node);
      continue;
    }
    ++listing->left;
    const auto done = [this, listing, node,
                       alive = std::weak_ptr(alive_)](base::Result<net::Response> answer) {
      if (alive.expired()) return;
      if (answer && answer->status == 200) {
        listing->lists.push_back(std::move(answer->body));
      } else {
        listing->silent.push_back(node);
      }
      finishList(*listing);
    };
    client->call(passedOn(request, false), loop_.now() + kListTime, done, true);
  }
  finishList(*listing);
}

void Forwarder::finishList(Listing& listing) {
  if (--listing.left > 0) return;
  auto merged = mergeLists(listing.lists, listing.limit);
  if (!merged) return listing.responder.send(problem_(merged.error()));
  net::Response response;
  response.headers.add("Content-Type", "application/json");
  if (!listing.silent.empty()) {
    response.headers.add("Warning",
                         "299 - \"the agents of these nodes did not answer, what they keep is missing: " +
                             joined(listing.silent) + "\"");
  }
  response.body = std::move(*merged);
  listing.responder.send(std::move(response));
}

}  // namespace faasbatch::forwarding
