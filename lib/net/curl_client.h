// HTTP client on libcurl's multi interface, for peers that are not on the hot path (CouchDB, the Kubernetes
// API): TLS, proxies (those of the environment, but not for what is on this machine), authentication in the
// URL, connection reuse, answers that go on for long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/net/client.h"
#include "lib/net/http.h"
#include "lib/net/loop.h"

namespace faasbatch::net {

// Of https URLs: TLS 1.2 at least. Texts, not files: what lies in a Secret need not touch the disk.
struct CurlTls {
  std::string caPem;           // the only ones trusted; empty: the system's
  std::string certificatePem;  // the client's own, then its issuers; empty: none
  std::string keyPem;
  std::string serverName;  // verified and sent as SNI instead of the URL's host; empty: that
  bool insecureSkipVerify = false;
};

struct CurlOptions {
  std::size_t maxConnections = 16;
  std::size_t maxWaiting = 1000;  // then "TooManyCalls"
  std::size_t maxBodyBytes = 64 << 20;
  std::size_t maxHeaderBytes = 256 << 10;
  base::Duration connectTime = std::chrono::seconds(5);  // with the handshake
  std::size_t maxStreams = 64;  // open at once, besides maxConnections; then "TooManyCalls"
  std::size_t maxUndelivered =
      16 << 20;  // bytes of one stream that the loop has not taken: then it is paused
  // Of call(): followed to http and https only; 0: an answer that redirects is given as it is.
  long maxRedirects = 0;
  // No connection is made to an address that local_address.h calls local, whatever name or redirection leads
  // there: "ConnectFailed" says so. Of a proxy it is the proxy's address that counts.
  bool refuseLocal = false;
  CurlTls tls;
};

// One thread of its own does the transfers; results are posted to the loop, and nothing is called after
// destruction. For the loop's thread. Error kinds as in client.h, and of make() "InvalidUrl" and
// "InvalidCertificate". User and password in the base URL are sent as Basic authentication; neither they nor
// a header nor a key ever stand in an error message.
class CurlClient {
 public:
  // `baseUrl` such as "http://user:secret@127.0.0.1:5984/db"; targets are appended to it.
  static base::Result<std::unique_ptr<CurlClient>> make(base::Loop& loop, std::string baseUrl,
                                                        CurlOptions options = {});
  virtual ~CurlClient() = default;  // calls under way end "Cancelled", streams without a word
  virtual void call(Request request, base::Instant deadline,
                    std::move_only_function<void(base::Result<Response>)> done) = 0;

  // An answer that is handed on as it arrives, on a connection of its own; sink as in client.h, on the loop's
  // thread, and not from inside stream(). `idleTime`: without a byte for so long it ends "DeadlineExceeded"
  // (0: never); the time for which the loop leaves bytes lying does not count.
  using StreamId = std::uint64_t;
  virtual StreamId stream(Request request, base::Instant deadline, base::Duration idleTime,
                          StreamSink sink) = 0;
  virtual void cancel(StreamId stream) = 0;  // nothing is told any more; unknown ids are ignored
};

}  // namespace faasbatch::net
