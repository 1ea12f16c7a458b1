// The way to one peer: messages of one turn of the loop travel in one request, which is repeated until the
// peer has taken it or is another process. What a full queue drops is asked for again by Sync.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/net/client.h"
#include "lib/net/loop.h"
#include "node-agent/peers/contact.h"
#include "node-agent/peers/message.h"
#include "node-agent/peers/peer_table.h"

namespace faasbatch::peers {

inline constexpr std::size_t kMaxQueuedMessages = 100'000;  // to one peer
inline constexpr std::size_t kMaxQueuedBytes = 64 << 20;    // likewise, an estimate
inline constexpr std::size_t kMaxBatchBytes = 4 << 20;      // of one request; a larger message goes alone
inline constexpr std::size_t kMaxBodyBytes = 64 << 20;      // of one request: what a peer accepts
inline constexpr base::Duration kRequestTime = std::chrono::seconds(5);  // and a second more for each MiB

// The header fields by which agents know one another's processes.
inline constexpr std::string_view kNodeHeader = "Faasbatch-Node";                // who asks
inline constexpr std::string_view kIncarnationHeader = "Faasbatch-Incarnation";  // of who asks, or answers
inline constexpr std::string_view kToHeader =
    "Faasbatch-To";  // the incarnation that is meant; another answers 412
inline constexpr std::string_view kStoreHeader = "Faasbatch-Node-Store";  // "kept": outlives the process

inline constexpr std::string_view kMessagesPath = "/v1/peer/messages";

struct LinkOptions {
  std::string node;         // who we are
  std::string incarnation;  // in this life
  std::string secret;
  bool storeKept = false;                              // our node's store outlives us
  base::Duration patience = std::chrono::seconds(10);  // with a peer that does not answer
  // How peers' certificates are checked, and what is shown to them; nullptr: plain, for loopback.
  std::shared_ptr<net::TlsClientContext> tls;
};

struct LinkCounts {
  std::uint64_t sent = 0;  // messages taken by the peer
  std::uint64_t requests = 0;
  std::uint64_t dropped = 0;  // messages, because the queue was full or the peer another process
  std::uint64_t failures = 0;
};

// Loop thread only. What is queued when it is destroyed is dropped.
class Link {
 public:
  using News = std::function<void(Contact::News, const std::string& why)>;
  Link(net::EventLoop& loop, PeerAddress peer, const LinkOptions& options, LinkCounts& counts, News news);
  ~Link();

  void send(Message message);
  // Sees to it that the peer has been asked lately: an empty request where nothing else is under way.
  void probe();
  // Which life of the peer was known at another address.
  void remember(const std::string& incarnation);
  const std::string& incarnation() const { return contact_.incarnation(); }
  // The peer has asked us something.
  void heard(std::string_view incarnation, bool storeKept);

  // The peer has said that it shuts down.
  void leaves() { contact_.leaves(); }

  bool answers() const { return contact_.answers(); }
  bool leaving() const { return contact_.leaving(); }
  // Nothing waits for the peer to take it, or it does not answer.
  bool idle() const { return !answers() || (queue_.empty() && underWay_.empty()); }
  bool lost() const { return contact_.lost(); }
  bool storeKept() const { return storeKept_; }
  net::Client& client() { return *client_; }  // for other requests to the same peer

 private:
  struct Queued {
    Message message;
    base::Instant at;
    std::size_t bytes = 0;
  };

  void schedule();
  void flush();
  std::string takeBatch();
  void answered(base::Result<net::Response> answer);
  void failed(const std::string& why);
  void tell(Contact::News news, const std::string& why);
  void dropAll();

  net::EventLoop& loop_;
  PeerAddress peer_;
  LinkOptions options_;
  LinkCounts& counts_;
  News news_;
  Contact contact_;
  bool storeKept_ = false;
  bool warned_ = false;
  std::deque<Queued> queue_;
  std::size_t queuedBytes_ = 0;
  std::vector<Queued> underWay_;
  bool busy_ = false;  // a request is under way, or waits for its time
  bool scheduled_ = false;
  bool probing_ = false;
  base::Instant asked_{0};
  base::TimerId retry_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::unique_ptr<net::Client> messages_;
  std::unique_ptr<net::Client> client_;
};

}  // namespace faasbatch::peers
