// Requests on their way to the API server: who one is, on which connections, and again where that is safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/loop.h"
#include "lib/kube/access.h"
#include "lib/kube/client.h"
#include "lib/kube/presence.h"
#include "lib/kube/retry.h"
#include "lib/net/client.h"
#include "lib/net/curl_client.h"

namespace faasbatch::kube {

// An answer that goes on. All on the loop's thread, never from inside stream(); nothing after onEnd.
struct ApiStream {
  std::move_only_function<void(std::string_view data)> onData;  // of an answer 200
  std::move_only_function<void(Result<void>)> onEnd;
};

// What lib/net says of a request that had no answer, in the words of error.h.
ApiError toApiError(const base::Error& error);

// For the loop's thread. Nothing is called after destruction.
class Transport {
 public:
  using Done = std::move_only_function<void(Result<net::Response>)>;  // of status 2xx
  using StreamId = std::uint64_t;

  static base::Result<std::unique_ptr<Transport>> make(base::Loop& loop, Access access,
                                                       ClientOptions options);
  ~Transport();

  void call(net::Request request, Repeat repeat, Done done);
  StreamId stream(net::Request request, base::Duration time, base::Duration idleTime, ApiStream sink);
  void cancel(StreamId stream);

  // See Client::whenBack().
  std::uint64_t whenBack(std::move_only_function<void()> back);
  void waitNoMore(std::uint64_t wait);

  const Access& access() const { return access_; }
  std::uint64_t requests() const { return requests_; }

 private:
  struct Call;
  struct Stream;
  struct Link {  // connections; made with one certificate, and an exec plugin may give another one now and
                 // then
    std::unique_ptr<net::CurlClient> curl;
    std::optional<ClientCertificate> certificate;
    std::size_t open = 0;  // calls and streams
  };
  using Credential = TokenSource::Credential;

  Transport(base::Loop& loop, Access access, ClientOptions options);
  base::Result<std::shared_ptr<Link>> link(const Credential& credential);
  base::Result<std::shared_ptr<Link>> makeLink(const std::optional<ClientCertificate>& certificate);
  void retire();

  // Calls `use` later, unless this is gone by then.
  void withCredential(std::move_only_function<void(Transport&, base::Result<Credential>)> use);
  net::Request authorized(const net::Request& request, const Credential& credential) const;

  void ask(net::Request request, base::Duration time, Done done);  // once, and not again
  void start(const std::shared_ptr<Call>& call);
  void send(const std::shared_ptr<Call>& call, const Credential& credential);
  void answered(const std::shared_ptr<Call>& call, base::Result<net::Response> response);
  void failed(const std::shared_ptr<Call>& call, ApiError error);

  void open(StreamId id, const Credential& credential);
  net::StreamSink sinkOf(StreamId id);
  void streamHead(StreamId id, int status, const net::Headers& headers);
  void streamData(StreamId id, std::string_view data);
  void streamEnded(StreamId id, const base::Result<void>& end);
  void endStream(StreamId id, Result<void> how);

  // What becomes of requests (transport_presence.cpp).
  void hadAnswer();
  void hadNone(const ApiError& error);
  void probe();
  void probeSoon();

  base::Loop& loop_;
  Access access_;
  ClientOptions options_;
  std::mt19937 random_;
  std::atomic<std::uint64_t> requests_ = 0;
  StreamId lastStream_ = 0;
  std::unordered_map<StreamId, std::shared_ptr<Stream>> streams_;
  Presence presence_;
  std::uint64_t lastWait_ = 0;
  std::map<std::uint64_t, std::move_only_function<void()>> waiting_;  // for the server
  base::TimerId probeTimer_ = 0;
  bool probing_ = false;
  std::vector<std::shared_ptr<Link>> links_;  // the last is used for what is new
  std::shared_ptr<Transport*> self_;          // what is posted or called back looks here first
};

}  // namespace faasbatch::kube
