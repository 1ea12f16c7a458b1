#include <array>
#include <utility>

#include "lib/kube/informer.h"
#include "lib/kube/lease.h"
#include "lib/kube/lease_record.h"
#include "lib/telemetry/log.h"

namespace faasbatch::kube {
namespace {

using Kind = LeaseDecision::Kind;

class LeaseElector final : public LeaderElector {
 public:
  LeaseElector(base::Loop& loop, Client& client, LeaseOptions options, Callbacks callbacks)
      : loop_(loop),
        client_(client),
        options_(std::move(options)),
        key_{options_.nameSpace, options_.name},
        callbacks_(std::move(callbacks)) {
    informer_ = Informer::start(
        loop_, client_,
        {.resource = kLeases,
         .selection = {.nameSpace = key_.nameSpace, .fieldSelector = "metadata.name=" + key_.name}},
        {.onAdded = [this](const Object& lease) { told(&lease); },
         .onUpdated = [this](const Object&, const Object& lease) { told(&lease); },
         .onDeleted = [this](const Object&) { told(nullptr); },
         .onSynced = [this] { told(informer_->find(key_)); }});
  }

  ~LeaseElector() override {
    loop_.cancel(timer_);
    loop_.cancel(releaseTimer_);
    if (view_.leading)
      client_.patch(kLeases, key_, PatchType::kMerge, releasedLease(view_.record, loop_.now()), {},
                    [](auto&&) {});
  }

  bool leading() const override {
    return view_.leading && loop_.now() < view_.renewedAt + options_.renewDeadline;
  }

  void release(base::Duration time, std::move_only_function<void()> done) override {
    const bool held = view_.leading;
    stop();
    ended_ = true;
    loop_.cancel(timer_);
    released_ = std::move(done);
    releaseTimer_ = loop_.after(held ? time : base::Duration(0), [this] { finishRelease(); });
    if (held) giveUp();
  }

 private:
  // While this process leads, the answers to its own writes are what counts: what is told of others may be
  // old.
  void told(const Object* lease) {
    if (ended_ || view_.leading) return;
    if (!informer_->synced()) return;  // onSynced comes
    if (lease != nullptr) {
      onLeaseSeen(view_, options_, parseLease(*lease), loop_.now());
    } else {
      onLeaseMissing(view_);
    }
    step();
  }

  void step() {
    if (ended_) return;
    loop_.cancel(timer_);
    timer_ = 0;
    LeaseDecision decision = decideLease(options_, view_, loop_.now());
    if (decision.kind == Kind::kStop) {
      stop();
      decision = decideLease(options_, view_, loop_.now());
    }
    if (decision.kind != Kind::kWait) {
      write(decision.kind == Kind::kCreate);
      decision = decideLease(options_, view_, loop_.now());
    }
    timer_ = loop_.at(decision.at, [this] { step(); });
  }

  void stop() {
    if (!view_.leading) return;
    onLeaseLost(view_);
    telemetry::warning("this process does not lead any more", {{"lease", key_.describe()}});
    if (callbacks_.onStopped) callbacks_.onStopped();
    // What was told of the Lease meanwhile did not count; now it does.
    const Object* const lease = informer_->find(key_);
    if (lease != nullptr) onLeaseSeen(view_, options_, parseLease(*lease), loop_.now());
  }

  void write(bool create) {
    const base::Instant sentAt = loop_.now();
    onLeaseRequest(view_, options_, sentAt);
    auto done = [this, alive = std::weak_ptr(alive_), sentAt,
                 attempt = ++attempt_](const Result<Object>& answer) {
      if (!alive.expired()) answered(answer, sentAt, attempt);
    };
    const WriteOptions options{.fieldManager = options_.identity};
    if (create) {
      client_.create(kLeases, key_.nameSpace, createdLease(options_, sentAt), options, std::move(done));
    } else {
      client_.patch(kLeases, key_, PatchType::kMerge, heldLease(options_, view_.record, sentAt), options,
                    std::move(done));
    }
  }

  void answered(const Result<Object>& answer, base::Instant sentAt, std::uint64_t attempt) {
    if (ended_) return;
    if (answer) {
      const bool led = view_.leading;
      onLeaseHeld(view_, options_, parseLease(*answer), sentAt, loop_.now());
      if (view_.leading && !led) {
        telemetry::info("this process leads", {{"lease", key_.describe()}, {"identity", options_.identity}});
        if (callbacks_.onStarted) callbacks_.onStarted();
      }
    } else {
      if (attempt == attempt_) onLeaseRequestFailed(view_);
      const std::string& reason = answer.error().reason;
      const bool changed = reason == "Conflict" || reason == "AlreadyExists" || reason == "NotFound";
      if (changed) return read();
      telemetry::warning(
          "the lease cannot be written",
          {{"lease", key_.describe()}, {"reason", reason}, {"message", answer.error().message}});
    }
    step();
  }

  // The Lease is another one than we knew: look at it.
  void read() {
    client_.get(kLeases, key_, [this, alive = std::weak_ptr(alive_)](const Result<Object>& lease) {
      if (alive.expired() || ended_) return;
      if (lease) {
        onLeaseSeen(view_, options_, parseLease(*lease), loop_.now());
      } else if (lease.error().reason == "NotFound") {
        onLeaseMissing(view_);
      }
      step();
    });
    step();  // the deadline goes on
  }

  void giveUp() {
    client_.patch(kLeases, key_, PatchType::kMerge, releasedLease(view_.record, loop_.now()), {},
                  [this, alive = std::weak_ptr(alive_)](const Result<Object>& answer) {
                    if (alive.expired()) return;
                    // A renewal of ours was under way.
                    if (!answer && answer.error().reason == "Conflict") return giveUpNewest();
                    finishRelease();
                  });
  }

  void giveUpNewest() {
    client_.get(kLeases, key_, [this, alive = std::weak_ptr(alive_)](const Result<Object>& lease) {
      if (alive.expired() || !released_) return;
      if (lease) view_.record = parseLease(*lease);
      if (!lease || view_.record.holder != options_.identity) return finishRelease();
      giveUp();
    });
  }

  void finishRelease() {
    loop_.cancel(releaseTimer_);
    releaseTimer_ = 0;
    if (auto done = std::exchange(released_, nullptr)) done();
  }

  base::Loop& loop_;
  Client& client_;
  LeaseOptions options_;
  ObjectKey key_;
  Callbacks callbacks_;
  LeaseView view_;
  std::uint64_t attempt_ = 0;
  bool ended_ = false;  // released: nothing more is begun
  std::move_only_function<void()> released_;
  base::TimerId timer_ = 0;
  base::TimerId releaseTimer_ = 0;
  std::unique_ptr<Informer> informer_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace

std::unique_ptr<LeaderElector> LeaderElector::start(base::Loop& loop, Client& client, LeaseOptions options,
                                                    Callbacks callbacks) {
  return std::make_unique<LeaseElector>(loop, client, std::move(options), std::move(callbacks));
}

}  // namespace faasbatch::kube
