#include "node-agent/access/guard.h"

#include <algorithm>
#include <utility>

#include "lib/crypto/digest.h"
#include "lib/telemetry/log.h"
#include "node-agent/access/token_expiry.h"

namespace faasbatch::access {
namespace {

constexpr const char* kRequests = "faasbatch_access_requests_total";
constexpr const char* kRequestsHelp = "Requests by whether they were let in.";

const base::Error kLate{"DeadlineExceeded", "the API server did not answer in time"};

Denial unavailable(const std::string& what, const base::Error& why) {
  return {.kind = Denial::Kind::kUnavailable, .message = what + " cannot be found out now: " + why.message};
}

// `what` is wrong with what the caller shows.
Denial unauthorized(std::string what, const Permission& permission, bool tokenShown) {
  return {.message = std::move(what) + ": it takes the permission to " + permission.describe(),
          .tokenShown = tokenShown};
}

Denial wrongToken(std::optional<base::Instant> end, base::Instant now, const Permission& permission) {
  std::string what = "the token is none of this cluster's, or has expired";
  if (end && *end <= now) what = "the token has expired: it was good until " + base::formatRfc3339(*end);
  return unauthorized(std::move(what), permission, true);
}

// How long it is remembered whose a token is that ends at `end`. The API server has just taken it: by its own
// clock, or with the leeway that it gives, it has not ended.
base::Duration knownFor(std::optional<base::Instant> end, base::Instant now) {
  if (!end) return kAllowedTime;
  return std::clamp(*end - now, kExpiredTime, kAllowedTime);
}

Denial forbidden(const User& user, const Permission& permission, const std::string& reason) {
  std::string message = "user \"" + user.name + "\" may not " + permission.describe();
  if (!reason.empty()) message += ": " + reason;
  return {.kind = Denial::Kind::kForbidden, .message = std::move(message)};
}

}  // namespace

Guard::Guard(base::Loop& loop, Reviewer& reviewer, telemetry::Registry& metrics)
    : loop_(loop),
      reviewer_(reviewer),
      allowed_(metrics.counter(kRequests, kRequestsHelp, {{"result", "allowed"}})),
      unauthorized_(metrics.counter(kRequests, kRequestsHelp, {{"result", "unauthorized"}})),
      forbidden_(metrics.counter(kRequests, kRequestsHelp, {{"result", "forbidden"}})),
      unavailable_(metrics.counter(kRequests, kRequestsHelp, {{"result", "unavailable"}})),
      reviews_(metrics.counter("faasbatch_access_reviews_total", "Questions asked of the API server.")) {}

Guard::~Guard() {
  *alive_ = false;
  for (const auto& [key, pending] : authenticating_) loop_.cancel(pending.timer);
  for (const auto& [key, pending] : authorizing_) loop_.cancel(pending.timer);
}

void Guard::check(const Credential& credential, const Permission& permission, Done done) {
  if (credential.user) return authorize(identityOf(*credential.user), permission, std::move(done));
  if (credential.malformed || credential.token.size() > kMaxTokenBytes) {
    return answer(
        std::unexpected(unauthorized("the Authorization header is no bearer token", permission, true)), done);
  }
  if (credential.token.empty()) {
    return answer(std::unexpected(unauthorized("show a bearer token of the cluster or a client certificate",
                                               permission, false)),
                  done);
  }
  authenticate(credential.token, permission, std::move(done));
}

Guard::IdentityPtr Guard::identityOf(User user) {
  // As the API server reads it: all that a review says of the user.
  std::string id = crypto::sha256Hex(accessReview(user, {}));
  return std::make_shared<const Identity>(Identity{.user = std::move(user), .id = std::move(id)});
}

void Guard::authenticate(std::string_view token, const Permission& permission, Done done) {
  const std::string digest = crypto::sha256Hex(token);
  if (const IdentityPtr* who = tokens_.find(digest, loop_.now()))
    return authorize(*who, permission, std::move(done));
  if (nobody_.find(digest, loop_.now()) != nullptr) {
    return answer(std::unexpected(wrongToken(tokenExpiry(token), loop_.now(), permission)), done);
  }
  const auto end = tokenExpiry(token);
  auto waiter = [this, end, permission,
                 done = std::move(done)](const base::Result<IdentityPtr>& who) mutable {
    if (!who) return answer(std::unexpected(unavailable("who you are", who.error())), done);
    if (*who) return authorize(*who, permission, std::move(done));
    answer(std::unexpected(wrongToken(end, loop_.now(), permission)), done);
  };
  if (!join(authenticating_, digest, tokens_.knew(digest), std::move(waiter)).value_or(false)) return;
  reviewer_.authenticate(std::string(token),
                         [this, alive = alive_, digest, end](base::Result<std::optional<User>> user) {
                           if (!*alive) return;
                           base::Result<IdentityPtr> who = IdentityPtr();
                           if (!user) {
                             who = std::unexpected(user.error());
                           } else {
                             if (*user) who = identityOf(std::move(**user));
                             const base::Duration time = *who ? knownFor(end, loop_.now()) : kDeniedTime;
                             (*who ? tokens_ : nobody_).put(digest, *who, loop_.now() + time);
                           }
                           finish(authenticating_, digest, who);
                         });
}

void Guard::authorize(const IdentityPtr& identity, const Permission& permission, Done done) {
  std::string key = identity->id;
  for (const std::string_view part :
       {permission.verb, permission.subresource, std::string_view(permission.nameSpace),
        std::string_view(permission.name)}) {
    key.append(1, '\0').append(part);
  }
  const auto decided = [this, identity, permission](const base::Result<Decision>& decision, Done& done) {
    if (!decision) return answer(std::unexpected(unavailable("what you may do", decision.error())), done);
    if (decision->allowed) return answer({}, done);
    answer(std::unexpected(forbidden(identity->user, permission, decision->reason)), done);
  };
  if (allowances_.find(key, loop_.now()) != nullptr) return answer({}, done);
  if (const Decision* refusal = refusals_.find(key, loop_.now())) return decided(*refusal, done);
  auto waiter = [decided, done = std::move(done)](const base::Result<Decision>& decision) mutable {
    decided(decision, done);
  };
  if (!join(authorizing_, key, true, std::move(waiter)).value_or(false)) return;
  reviewer_.authorize(identity->user, permission,
                      [this, alive = alive_, key](base::Result<Decision> decision) {
                        if (!*alive) return;
                        if (decision && decision->allowed)
                          allowances_.put(key, *decision, loop_.now() + kAllowedTime);
                        if (decision && !decision->allowed)
                          refusals_.put(key, *decision, loop_.now() + kDeniedTime);
                        finish(authorizing_, key, decision);
                      });
}

void Guard::answer(Refused refused, Done& done) {
  if (refused) {
    allowed_.add();
  } else if (refused.error().kind == Denial::Kind::kUnauthorized) {
    unauthorized_.add();
  } else {
    (refused.error().kind == Denial::Kind::kForbidden ? forbidden_ : unavailable_).add();
  }
  done(std::move(refused));
}

template <class Answer, class Waiter>
std::optional<bool> Guard::join(Reviews<Answer>& reviews, const std::string& key, bool known, Waiter waiter) {
  const auto under = reviews.find(key);
  const bool isNew = under == reviews.end();
  const std::size_t most = kMaxReviews - (known ? 0 : kKnownReviews);
  const std::size_t mostWaiting = kMaxWaiting - (known ? 0 : kKnownWaiting);
  if (waiting_ >= mostWaiting || (isNew && authenticating_.size() + authorizing_.size() >= most)) {
    waiter(base::fail("TooManyCalls", "too many callers wait for the API server's answer"));
    return std::nullopt;
  }
  ++waiting_;
  Pending<Answer>& pending = isNew ? reviews[key] : under->second;
  pending.waiters.push_back(std::move(waiter));
  if (!isNew) return false;
  reviews_.add();
  pending.timer = loop_.after(
      kReviewTime, [this, &reviews, key] { finish<Answer>(reviews, key, std::unexpected(kLate)); });
  return true;
}

template <class Answer>
void Guard::finish(Reviews<Answer>& reviews, const std::string& key, const base::Result<Answer>& answer) {
  auto ended = reviews.extract(key);
  if (ended.empty()) return;  // it was late
  loop_.cancel(ended.mapped().timer);
  waiting_ -= ended.mapped().waiters.size();
  if (!answer) telemetry::warning("no answer to an access review", {{"why", answer.error().message}});
  const std::shared_ptr<bool> alive = alive_;
  for (auto& waiter : ended.mapped().waiters) {
    if (*alive) waiter(answer);
  }
}

}  // namespace faasbatch::access
