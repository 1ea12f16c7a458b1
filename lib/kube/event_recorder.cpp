#include "lib/kube/event_recorder.h"

#include <deque>
#include <utility>

#include "lib/kube/event_aggregator.h"
#include "lib/telemetry/log.h"

namespace faasbatch::kube {
namespace {

constexpr base::Duration kComplainEvery = std::chrono::minutes(1);

class ApiEventRecorder final : public EventRecorder {
 public:
  ApiEventRecorder(base::Loop& loop, Client& client, std::string controller, std::string instance)
      : loop_(loop),
        client_(client),
        events_(controller, std::move(instance)),
        manager_(std::move(controller)) {}
  ~ApiEventRecorder() override { loop_.cancel(timer_); }

  void record(const EventNote& note) override {
    if (auto write = events_.record(note, loop_.now())) push(std::move(*write));
    arm();
  }
  std::uint64_t dropped() const override { return events_.dropped() + dropped_; }

 private:
  void arm() {
    loop_.cancel(timer_);
    timer_ = 0;
    if (const base::Instant next = events_.next(); next != base::Instant::never()) {
      timer_ = loop_.at(next, [this] { onTimer(); });
    }
  }

  void onTimer() {
    while (auto write = events_.due(loop_.now())) push(std::move(*write));
    arm();
  }

  void push(EventWrite write) {
    if (waiting_.size() >= kMaxEventsWaiting) return drop(write.key, "too many events wait to be written");
    waiting_.push_back(std::move(write));
    send();
  }

  void send() {
    while (!waiting_.empty() && underWay_ < kMaxEventsAtOnce) {
      EventWrite write = std::move(waiting_.front());
      waiting_.pop_front();
      ++underWay_;
      auto done = [this, alive = std::weak_ptr(alive_), key = write.key](const Result<Object>& written) {
        if (alive.expired()) return;
        --underWay_;
        if (!written) drop(key, written.error().reason + ": " + written.error().message);
        send();
      };
      const WriteOptions options{.fieldManager = manager_};
      if (write.kind == EventWrite::Kind::kCreate) {
        client_.create(kEvents, write.key.nameSpace, std::move(write.json), options, std::move(done));
      } else {
        client_.patch(kEvents, write.key, PatchType::kMerge, std::move(write.json), options, std::move(done));
      }
    }
  }

  void drop(const ObjectKey& event, const std::string& why) {
    ++dropped_;
    events_.forget(event);
    if (loop_.now() < quietUntil_) return;
    quietUntil_ = loop_.now() + kComplainEvery;
    telemetry::warning("events cannot be written",
                       {{"event", event.describe()}, {"message", why}, {"dropped", dropped()}});
  }

  base::Loop& loop_;
  Client& client_;
  EventAggregator events_;
  std::string manager_;
  std::deque<EventWrite> waiting_;
  std::size_t underWay_ = 0;
  std::uint64_t dropped_ = 0;
  base::Instant quietUntil_{0};
  base::TimerId timer_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace

std::unique_ptr<EventRecorder> EventRecorder::make(base::Loop& loop, Client& client, std::string controller,
                                                   std::string instance) {
  return std::make_unique<ApiEventRecorder>(loop, client, std::move(controller), std::move(instance));
}

}  // namespace faasbatch::kube
