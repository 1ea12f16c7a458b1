// Candidates whose clocks disagree and drift, over a server whose messages are slow, lost and out of order:
// never two of them lead at once, and when the trouble is over one does.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <vector>

#include "lib/kube/lease.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;
using Kind = LeaseDecision::Kind;

constexpr base::Duration kTick = 50ms;
constexpr int kTroubledTicks = 12'000;  // ten minutes
constexpr int kQuietTicks = 1'600;

class World {
 public:
  explicit World(unsigned seed) : random_(seed) {
    const int candidates = 2 + static_cast<int>(below(2));
    for (int i = 0; i < candidates; ++i) {
      Candidate candidate;
      candidate.options.identity = std::string(1, static_cast<char>('a' + i));
      candidate.offset = std::chrono::hours(below(48)) - 24h;
      candidate.rate = 0.85 + 0.3 * fraction();  // one may run a third faster than another
      candidates_.push_back(candidate);
    }
  }

  void run(int ticks, bool trouble) {
    trouble_ = trouble;
    for (int i = 0; i < ticks; ++i) tick();
  }

  int leaders() const {
    return static_cast<int>(
        std::ranges::count_if(candidates_, [](const Candidate& c) { return c.view.leading; }));
  }
  int starts() const { return starts_; }

 private:
  struct Candidate {
    LeaseOptions options;
    LeaseView view;
    base::Duration offset{0};
    double rate = 1;
    int cutOffUntil = 0;  // tick
  };
  struct Server {
    bool exists = false;
    LeaseRecord record;
    int version = 0;
  };

  unsigned below(unsigned n) { return random_() % n; }
  double fraction() { return below(1'000'000) / 1e6; }

  base::Instant now(const Candidate& c) const {
    const base::Duration passed = tick_ * kTick;
    return base::Instant{1'000'000'000'000'000'000} + c.offset +
           base::Duration(static_cast<std::int64_t>(static_cast<double>(passed.count()) * c.rate));
  }

  // After a while, or never.
  void send(const Candidate& c, std::function<void()> arrives) {
    if (tick_ < c.cutOffUntil || (trouble_ && below(20) == 0)) return;
    const unsigned slowest = trouble_ ? (below(10) == 0 ? 400 : 20) : 4;
    messages_.emplace(tick_ + 1 + static_cast<int>(below(slowest)), std::move(arrives));
  }

  void tick() {
    ++tick_;
    while (!messages_.empty() && messages_.begin()->first <= tick_) {
      const auto arrives = messages_.extract(messages_.begin());
      arrives.mapped()();
    }
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (trouble_ && below(2000) == 0) candidates_[i].cutOffUntil = tick_ + static_cast<int>(below(1000));
      if (!trouble_) candidates_[i].cutOffUntil = 0;
      step(i);
    }
    ASSERT_LE(leaders(), 1) << "at tick " << tick_;
  }

  void step(std::size_t i) {
    Candidate& c = candidates_[i];
    for (int turns = 0; turns < 4; ++turns) {
      const LeaseDecision decision = decideLease(c.options, c.view, now(c));
      if (decision.kind == Kind::kWait) {
        ASSERT_GT(decision.at, now(c));
        return;
      }
      if (decision.kind == Kind::kStop) {
        onLeaseLost(c.view);
      } else {
        write(i, decision.kind == Kind::kCreate);
      }
    }
    FAIL() << "the decisions do not settle";
  }

  void write(std::size_t i, bool create) {
    Candidate& c = candidates_[i];
    onLeaseRequest(c.view, c.options, now(c));
    const base::Instant sentAt = now(c);
    send(c, [this, i, create, sentAt, basedOn = c.view.record.resourceVersion] {
      const bool taken =
          create ? !server_.exists : server_.exists && server_.record.resourceVersion == basedOn;
      if (taken) {
        server_.exists = true;
        server_.record.holder = candidates_[i].options.identity;
        server_.record.duration = candidates_[i].options.leaseDuration;
        server_.record.renewedAt = sentAt;
        change();
      }
      send(candidates_[i],
           [this, i, taken, sentAt, record = server_.record] { written(i, taken, sentAt, record); });
    });
  }

  void written(std::size_t i, bool taken, base::Instant sentAt, const LeaseRecord& record) {
    Candidate& c = candidates_[i];
    if (taken) {
      const bool led = c.view.leading;
      onLeaseHeld(c.view, c.options, record, sentAt, now(c));
      starts_ += c.view.leading && !led ? 1 : 0;
      return;
    }
    onLeaseRequestFailed(c.view);
    send(c, [this, i] {  // reads it
      send(candidates_[i], [this, i, exists = server_.exists, record = server_.record] {
        if (exists) {
          onLeaseSeen(candidates_[i].view, candidates_[i].options, record, now(candidates_[i]));
        } else {
          onLeaseMissing(candidates_[i].view);
        }
      });
    });
  }

  // Tells those who watch.
  void change() {
    server_.record.resourceVersion = std::to_string(++server_.version);
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      send(candidates_[i], [this, i, record = server_.record] {
        if (!candidates_[i].view.leading)
          onLeaseSeen(candidates_[i].view, candidates_[i].options, record, now(candidates_[i]));
      });
    }
  }

  std::mt19937 random_;
  bool trouble_ = true;
  int tick_ = 0;
  int starts_ = 0;
  Server server_;
  std::vector<Candidate> candidates_;
  std::multimap<int, std::function<void()>> messages_;
};

TEST(LeaseProperty, NeverTwoLeadAndInTheEndOneDoes) {
  int starts = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    World world(seed);
    world.run(kTroubledTicks, true);
    world.run(kQuietTicks, false);
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
    EXPECT_EQ(world.leaders(), 1) << "seed " << seed;
    starts += world.starts();
  }
  EXPECT_GT(starts, 300);  // leadership moved: the trouble was some
}

}  // namespace
}  // namespace faasbatch::kube
