// The admission webhook's HTTPS server.
#pragma once

#include <functional>
#include <memory>

#include "lib/crypto/certificate.h"
#include "lib/net/server.h"
#include "lib/telemetry/metrics.h"

namespace faasbatch::manager {

inline constexpr std::string_view kValidatePath = "/v1/validate";
// Of one review: an object and the one before it, of 3 MB each at most, as the API server takes them.
inline constexpr std::size_t kMaxReviewBytes = 8 << 20;

// Loop thread only.
class WebhookServer {
 public:
  static std::unique_ptr<WebhookServer> make(net::EventLoop& loop, const net::Endpoint& endpoint,
                                             telemetry::Registry& metrics);
  virtual ~WebhookServer() = default;

  // Listens from the first certificate on; connections that come later show the newest. Kinds
  // "InvalidCertificate" (what was served goes on), "ListenFailed".
  virtual base::Result<void> serve(const crypto::KeyPair& pair) = 0;
  virtual bool serving() const = 0;
  virtual net::Endpoint endpoint() const = 0;  // as it was given, until it is serving
  // As net::Server's; at once where it is not serving.
  virtual void drain(base::Instant deadline, std::move_only_function<void()> done) = 0;
};

}  // namespace faasbatch::manager
