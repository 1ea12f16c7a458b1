// What every policy guarantees (policy.h), on random loads and a virtual clock: a simulated function with its
// queue, pods that take a while to start, and calls that take a while to run.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "node-agent/batching/policy.h"

namespace faasbatch::batching {
namespace {

struct Load {
  Limits limits;
  int calls = 0;
  base::Duration meanGap{0};
  base::Duration meanExec{0};
  base::Duration podStart{0};
};

Load randomLoad(std::mt19937_64& random) {
  const auto pick = [&random](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  Load load;
  load.limits.slots = static_cast<std::uint32_t>(pick(1, 8));
  load.limits.maxSize = static_cast<std::uint32_t>(pick(1, 12));
  load.limits.maxPods = static_cast<std::uint32_t>(pick(1, 5));
  load.limits.window = std::chrono::microseconds(pick(0, 20'000));
  load.calls = static_cast<int>(pick(1, 150));
  load.meanGap = std::chrono::microseconds(pick(0, 5'000));
  load.meanExec = std::chrono::microseconds(pick(1, 30'000));
  load.podStart = std::chrono::microseconds(pick(0, 40'000));
  return load;
}

class Simulation {
 public:
  Simulation(Policy policy, const Load& load, std::uint64_t seed)
      : policy_(policy), load_(load), random_(seed) {
    base::Instant at = now_;
    for (int call = 0; call < load.calls; ++call) {
      at = at + sample(load.meanGap);
      events_.emplace(at, [this, call] {
        queue_.push_back(now_);
        ids_.push_back(call);
      });
    }
  }

  // Ends when no event is left: whatever is in the queue then would wait for ever.
  void run() {
    while (!events_.empty()) {
      auto node = events_.extract(events_.begin());
      now_ = std::max(now_, node.key());
      node.mapped()();
      decide();
      ASSERT_LE(++steps_, 200'000) << "no end";
    }
    EXPECT_TRUE(queue_.empty()) << queue_.size() << " calls were never woken";
    EXPECT_EQ(ended_, load_.calls);
  }

 private:
  base::Duration sample(base::Duration mean) {
    const double factor = std::exponential_distribution<double>(1)(random_);
    return base::Duration(static_cast<std::int64_t>(static_cast<double>(mean.count()) * factor));
  }

  void decide() {
    const Decision decision = policy_(queue_, pods_, history_, load_.limits, now_);
    for (const Dispatch& dispatch : decision.batches) {
      ASSERT_LT(dispatch.pod, pods_.size());
      ASSERT_TRUE(pods_[dispatch.pod].ready);
      ASSERT_GT(dispatch.calls, 0U);
      ASSERT_LE(dispatch.calls, load_.limits.maxSize);
      ASSERT_LE(dispatch.calls, queue_.size()) << "a call was named twice";
      for (std::uint32_t i = 0; i < dispatch.calls; ++i) start(dispatch.pod);
    }
    ASSERT_GE(decision.podsWanted, pods_.size());
    ASSERT_LE(decision.podsWanted, load_.limits.maxPods);
    while (pods_.size() < decision.podsWanted) {
      const std::size_t pod = pods_.size();
      pods_.push_back({.ready = false, .running = 0, .slots = load_.limits.slots});
      events_.emplace(now_ + sample(load_.podStart), [this, pod] {
        pods_[pod].ready = true;
        pods_[pod].lastUsed = now_;
        history_.lastProgress = now_;
      });
    }
    if (!queue_.empty() && decision.wakeUp != base::Instant::never()) {
      ASSERT_GT(decision.wakeUp, now_) << "it would be asked again for ever";
      if (decision.wakeUp != wake_) events_.emplace(decision.wakeUp, [] {});
      wake_ = decision.wakeUp;
    }
  }

  void start(std::size_t pod) {
    ASSERT_GT(ids_.front(), lastStarted_) << "a call overtook another";
    lastStarted_ = ids_.front();
    queue_.pop_front();
    ids_.pop_front();
    ++pods_[pod].running;
    const base::Duration exec = sample(load_.meanExec);
    events_.emplace(now_ + exec, [this, pod, exec] {
      --pods_[pod].running;
      if (pods_[pod].running == 0) pods_[pod].lastUsed = now_;
      history_.meanExec = exec;
      history_.lastProgress = now_;
      ++ended_;
    });
  }

  Policy policy_;
  Load load_;
  std::mt19937_64 random_;
  base::Instant now_{1'700'000'000'000'000'000};
  base::Instant wake_;
  std::multimap<base::Instant, std::function<void()>> events_;
  QueueView queue_;
  std::deque<int> ids_;
  std::vector<PodView> pods_;
  History history_;
  int lastStarted_ = -1;
  int ended_ = 0;
  int steps_ = 0;
};

class EveryPolicy : public testing::TestWithParam<workflow::BatchPolicy> {};

TEST_P(EveryPolicy, LosesNoCallKeepsTheOrderAndMissesNoWakeUp) {
  for (std::uint64_t seed = 0; seed < 400 && !HasFatalFailure(); ++seed) {
    std::mt19937_64 random(seed);
    const Load load = randomLoad(random);
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation(policyOf(GetParam()), load, seed).run();
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryPolicy,
                         testing::Values(workflow::BatchPolicy::kAdaptive,
                                         workflow::BatchPolicy::kFixedWindow, workflow::BatchPolicy::kNone,
                                         workflow::BatchPolicy::kKraken));

}  // namespace
}  // namespace faasbatch::batching
