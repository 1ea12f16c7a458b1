#include "operator/inventory/report_poller.h"

#include <algorithm>

#include "lib/net/client.h"
#include "lib/net/http.h"

namespace faasbatch::inventory {
namespace {

std::string describe(const net::Response& response) {
  if (response.status == 401 || response.status == 403)
    return "it does not take our peer secret: is the Secret faasbatch-peers another one?";
  return "it answers " + std::to_string(response.status) + " instead of a report";
}

// Asks one agent, again and again.
class Poll {
 public:
  Poll(net::EventLoop& loop, const ReportPollerOptions& options, const ReportPoller::Sink& sink,
       AgentAddress address)
      : loop_(loop), options_(options), sink_(sink), address_(std::move(address)) {
    client_ = net::Client::make(
        loop, {.host = address_.ip, .port = address_.port},
        {.maxConnections = 1, .maxBodyBytes = cluster::kMaxReportBytes, .tls = options.tls});
    again(base::Duration(0));
  }
  ~Poll() {
    loop_.cancel(timer_);
    alive_.reset();
  }
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;

  const AgentAddress& address() const { return address_; }

 private:
  void again(base::Duration after) {
    timer_ = loop_.after(after, [this] { ask(); });
  }

  void ask() {
    // After a failure at once: that it answers is news.
    const base::Duration wait = failures_ > 0 ? base::Duration(0) : kReportWait;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait).count();
    net::Request request{.method = "GET", .target = std::string(cluster::kReportPath)};
    request.target += "?after=" + std::to_string(sequence_) +
                      "&incarnation=" + net::percentEncode(incarnation_) + "&wait=" + std::to_string(seconds);
    request.headers.add("Authorization", "Bearer " + options_.secret());
    client_->call(
        std::move(request), loop_.now() + wait + kReportMargin,
        [this, alive = std::weak_ptr(alive_)](base::Result<net::Response> response) {
          if (!alive.expired()) onAnswer(std::move(response));
        },
        true);
  }

  void onAnswer(base::Result<net::Response> response) {
    if (!response) return fail(response.error().message);
    if (response->status != 200) return fail(describe(*response));
    auto report = cluster::reportFromJson(response->body);
    if (!report) return fail(report.error().message);
    failures_ = 0;
    sequence_ = report->sequence;
    incarnation_ = report->incarnation;
    again(kReportEvery);
    sink_.onReport(address_.node, std::move(*report));
  }

  void fail(const std::string& why) {
    const base::Duration wait = std::min(kRetryFirst * (1 << std::min(failures_, 10)), kRetryMost);
    ++failures_;
    again(wait);
    sink_.onFailure(address_.node, why);
  }

  net::EventLoop& loop_;
  const ReportPollerOptions& options_;
  const ReportPoller::Sink& sink_;
  AgentAddress address_;
  std::unique_ptr<net::Client> client_;
  base::TimerId timer_ = 0;
  std::uint64_t sequence_ = 0;
  std::string incarnation_;
  int failures_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class Poller final : public ReportPoller {
 public:
  Poller(net::EventLoop& loop, ReportPollerOptions options, Sink sink)
      : loop_(loop), options_(std::move(options)), sink_(std::move(sink)) {}

  void setAgents(const std::map<std::string, AgentAddress>& agents) override {
    std::erase_if(polls_, [&](const auto& entry) {
      const auto found = agents.find(entry.first);
      if (found == agents.end()) return true;
      const AgentAddress& now = found->second;
      const AgentAddress& before = entry.second->address();
      return now.ip != before.ip || now.port != before.port || now.pod != before.pod;
    });
    for (const auto& [node, address] : agents) {
      if (!polls_.contains(node))
        polls_.emplace(node, std::make_unique<Poll>(loop_, options_, sink_, address));
    }
  }

 private:
  net::EventLoop& loop_;
  const ReportPollerOptions options_;
  const Sink sink_;
  std::map<std::string, std::unique_ptr<Poll>> polls_;
};

}  // namespace

std::unique_ptr<ReportPoller> ReportPoller::make(net::EventLoop& loop, ReportPollerOptions options,
                                                 Sink sink) {
  return std::make_unique<Poller>(loop, std::move(options), std::move(sink));
}

}  // namespace faasbatch::inventory
