// HTTP client on libcurl's multi interface, for peers that are not on the hot path (CouchDB): TLS, proxies,
// authentication in the URL, connection reuse.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/net/http.h"
#include "lib/net/loop.h"

namespace faasbatch::net {

struct CurlOptions {
  std::size_t maxConnections = 16;
  std::size_t maxWaiting = 1000;  // then "TooManyCalls"
  std::size_t maxBodyBytes = 64 << 20;
  base::Duration connectTime = std::chrono::seconds(5);
};

// One thread of its own does the transfers; results are posted to the loop, and nothing is called after
// destruction. For the loop's thread. Error kinds as in client.h, and "InvalidUrl". User and password in the
// base URL are sent as Basic authentication and never logged nor put into an error message.
class CurlClient {
 public:
  // `baseUrl` such as "http://user:secret@127.0.0.1:5984/db"; targets are appended to it.
  static base::Result<std::unique_ptr<CurlClient>> make(base::Loop& loop, std::string baseUrl,
                                                        CurlOptions options = {});
  virtual ~CurlClient() = default;  // calls under way end "Cancelled"
  virtual void call(Request request, base::Instant deadline,
                    std::move_only_function<void(base::Result<Response>)> done) = 0;
};

}  // namespace faasbatch::net
