// The agents of the cluster as this one sees them: messages to and from them, who answers, who is lost.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/telemetry/metrics.h"
#include "node-agent/peers/link.h"

namespace faasbatch::peers {

// Why what a peer had in memory is of no use any more.
struct Loss {
  std::string why;         // "the agent of node b restarted"
  bool storeKept = false;  // what lies in its node's store can still be read there
};

// Told on the loop's thread, never from inside a call of Peers.
class PeerListener {
 public:
  virtual ~PeerListener() = default;
  virtual void onMessage(const std::string& from, Message message) = 0;
  virtual void onLost(const std::string& node, const Loss& loss) = 0;
  virtual void onUp(const std::string& node) = 0;  // it answers, for the first time or again
};

// Loop thread only.
class Peers {
 public:
  // `options.incarnation` empty: one is made.
  Peers(net::EventLoop& loop, telemetry::Registry& metrics, LinkOptions options);
  ~Peers();

  void setListener(PeerListener* listener) { listener_ = listener; }
  // All peers there are now. One that has gone is lost.
  void update(const std::vector<PeerAddress>& peers);

  const std::string& node() const { return options_.node; }
  const std::string& incarnation() const { return options_.incarnation; }
  const LinkOptions& options() const { return options_; }

  // Messages to agents that are not there, or to this one, are dropped.
  void send(const std::string& node, Message message);
  // Somebody waits for this peer: whether it is there is looked at every so often while this is called.
  void probe(const std::string& node);

  // Takes new work, as far as it has said, and has answered lately.
  bool isReady(const std::string& node) const;
  // There is none, or it was told lost and has not answered since.
  bool isLost(const std::string& node) const;
  // All peers that answer have taken what was sent to them.
  bool idle() const;
  std::vector<std::string> nodes() const;  // all peers, in order of their names
  // For other requests to the peer; nullptr where it is not there. It shows the secret and who asks.
  net::Client* client(const std::string& node);

  // A peer's request, whose secret was right. Answers whether the messages were meant for this life of ours.
  bool received(const std::string& from, std::string_view incarnation, bool storeKept, std::string_view to,
                std::vector<Message> messages);

 private:
  void heardNews(const std::string& node, Contact::News news, const std::string& why);
  void later(std::move_only_function<void(PeerListener&)> what);
  void count();

  net::EventLoop& loop_;
  LinkOptions options_;
  PeerTable table_;
  PeerListener* listener_ = nullptr;
  LinkCounts counts_;
  std::map<std::string, std::unique_ptr<Link>> links_;
  telemetry::Counter& sent_;
  telemetry::Counter& requests_;
  telemetry::Counter& dropped_;
  telemetry::Counter& failures_;
  telemetry::Counter& received_;
  telemetry::Gauge& known_;
  LinkCounts counted_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace faasbatch::peers
