// Whether a caller may do what a request asks for: who it is and what it is allowed, both asked of the API
// server and remembered for a short, bounded time.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/loop.h"
#include "lib/telemetry/metrics.h"
#include "node-agent/access/expiring_cache.h"
#include "node-agent/access/reviews.h"

namespace faasbatch::access {

inline constexpr base::Duration kAllowedTime = std::chrono::seconds(60);  // answers that let in
inline constexpr base::Duration kDeniedTime = std::chrono::seconds(5);    // the others
inline constexpr base::Duration kExpiredTime = std::chrono::seconds(5);   // a token, beyond its own end
inline constexpr base::Duration kReviewTime = std::chrono::seconds(5);    // for one answer to come
inline constexpr std::size_t kMaxTokens = 10'000;     // remembered, and as many that nobody is known by
inline constexpr std::size_t kMaxDecisions = 50'000;  // likewise, and as many refusals
inline constexpr std::size_t kMaxReviews = 100;       // under way
inline constexpr std::size_t kKnownReviews = 50;      // of them, not for strangers' tokens
inline constexpr std::size_t kMaxWaiting = 5'000;     // requests, for those
inline constexpr std::size_t kKnownWaiting = 1'000;   // of them, likewise
inline constexpr std::size_t kMaxTokenBytes = 16 << 10;

// The API server's answers. Callbacks on the guard's loop, never from inside the call, once; not after the
// reviewer's end.
class Reviewer {
 public:
  virtual ~Reviewer() = default;
  virtual void authenticate(std::string token,
                            std::move_only_function<void(base::Result<std::optional<User>>)> done) = 0;
  virtual void authorize(const User& user, const Permission& permission,
                         std::move_only_function<void(base::Result<Decision>)> done) = 0;
};

// Why a request is not let in.
struct Denial {
  enum class Kind {
    kUnauthorized,  // 401: nobody is known by this
    kForbidden,     // 403: the user may not
    kUnavailable,   // 503: it cannot be found out now
  };
  Kind kind = Kind::kUnauthorized;
  std::string message;
  bool tokenShown = false;  // of kUnauthorized: the token is wrong, not missing
};

// Loop thread only; destroyed before the reviewer. A token is kept as its SHA-256 only. Requests that need
// the same answer ask for it once. A token that says when it ends is forgotten then: at the latest
// kExpiredTime after it by this machine's clock or, where that differs from the API server's, kAllowedTime
// after the API server has last taken it. While the API server is away, what is remembered holds until its
// end; other requests are kUnavailable. Tokens that nobody is known by, and refusals, however many somebody
// makes up, take neither the memory nor the reviews of callers that are known.
class Guard {
 public:
  using Done = std::move_only_function<void(std::expected<void, Denial>)>;

  Guard(base::Loop& loop, Reviewer& reviewer, telemetry::Registry& metrics);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // `done` from inside the call where the answer is known.
  void check(const Credential& credential, const Permission& permission, Done done);

 private:
  struct Identity {
    User user;
    std::string id;  // tells users apart
  };
  using IdentityPtr = std::shared_ptr<const Identity>;  // nullptr: nobody
  using Refused = std::expected<void, Denial>;

  // A review under way, and who waits for its answer.
  template <class Answer>
  struct Pending {
    std::vector<std::move_only_function<void(const base::Result<Answer>&)>> waiters;
    base::TimerId timer = 0;
  };
  template <class Answer>
  using Reviews = std::unordered_map<std::string, Pending<Answer>>;

  static IdentityPtr identityOf(User user);
  void authenticate(std::string_view token, const Permission& permission, Done done);
  void authorize(const IdentityPtr& identity, const Permission& permission, Done done);
  void answer(Refused refused, Done& done);
  // Waits for the review of that key, and says whether it is to be begun: nothing where too much waits
  // already. `known`: not for a stranger.
  template <class Answer, class Waiter>
  std::optional<bool> join(Reviews<Answer>& reviews, const std::string& key, bool known, Waiter waiter);
  template <class Answer>
  void finish(Reviews<Answer>& reviews, const std::string& key, const base::Result<Answer>& answer);

  base::Loop& loop_;
  Reviewer& reviewer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  ExpiringCache<std::string, IdentityPtr> tokens_{kMaxTokens};  // by digest
  ExpiringCache<std::string, IdentityPtr> nobody_{kMaxTokens};  // likewise: nullptr
  ExpiringCache<std::string, Decision> allowances_{kMaxDecisions};
  ExpiringCache<std::string, Decision> refusals_{kMaxDecisions};
  Reviews<IdentityPtr> authenticating_;
  Reviews<Decision> authorizing_;
  std::size_t waiting_ = 0;
  telemetry::Counter& allowed_;
  telemetry::Counter& unauthorized_;
  telemetry::Counter& forbidden_;
  telemetry::Counter& unavailable_;
  telemetry::Counter& reviews_;
};

}  // namespace faasbatch::access
