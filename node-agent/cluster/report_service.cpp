#include "node-agent/cluster/report_service.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "lib/crypto/digest.h"

namespace faasbatch::clusterview {
namespace {

constexpr std::size_t kIncarnationBytes = 12;

// A query parameter as a whole number; nothing where it is none.
std::optional<std::uint64_t> numberOf(const net::Request& request, std::string_view name) {
  const auto text = net::queryParameter(request.query(), name);
  if (!text) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

}  // namespace

ReportService::ReportService(net::EventLoop& loop, std::function<cluster::Report()> build)
    : loop_(loop), build_(std::move(build)) {
  last_.incarnation = crypto::randomToken(kIncarnationBytes);
  look();
}

ReportService::~ReportService() {
  loop_.cancel(soon_);
  loop_.cancel(measure_);
  for (const Waiter& waiter : waiters_) loop_.cancel(waiter.timer);
}

void ReportService::handle(const net::Request& request, net::Responder responder) {
  if (soon_ != 0) look();
  const auto after = numberOf(request, "after");
  const auto incarnation = net::queryParameter(request.query(), "incarnation");
  const base::Duration wait =
      std::min(kMaxReportWait, base::Duration(std::chrono::seconds(numberOf(request, "wait").value_or(0))));
  const bool same = after == last_.sequence && incarnation == last_.incarnation;
  if (!same || wait.count() == 0) return answer(responder);
  std::erase_if(waiters_, [this](Waiter& waiter) {
    const bool gone = waiter.responder.closed();
    if (gone) loop_.cancel(waiter.timer);
    return gone;
  });
  if (waiters_.size() >= kMaxReportWaiters) {
    net::Response response;
    response.status = 503;
    response.headers.add("Retry-After", "1");
    return responder.send(std::move(response));
  }
  const auto waiter = waiters_.emplace(waiters_.end(), Waiter{.responder = std::move(responder)});
  waiter->timer = loop_.after(wait, [this, waiter] {
    answer(waiter->responder);
    waiters_.erase(waiter);
  });
}

void ReportService::changed() {
  if (soon_ == 0) soon_ = loop_.after(kReportPause, [this] { look(); });
}

void ReportService::look() {
  loop_.cancel(std::exchange(soon_, 0));
  loop_.cancel(measure_);
  measure_ = loop_.after(kMeasureTime, [this] { look(); });
  cluster::Report now = build_();
  now.sequence = last_.sequence;
  now.incarnation = last_.incarnation;
  if (now == last_ && !text_.empty()) return;
  last_ = std::move(now);
  ++last_.sequence;
  text_ = cluster::toJson(last_);
  for (Waiter& waiter : std::exchange(waiters_, {})) {
    loop_.cancel(waiter.timer);
    answer(waiter.responder);
  }
}

void ReportService::answer(net::Responder& responder) const {
  net::Response response;
  response.headers.add("Content-Type", "application/json");
  response.body = text_;
  responder.send(std::move(response));
}

}  // namespace faasbatch::clusterview
