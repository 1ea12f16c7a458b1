#include "node-agent/pods/pod_state.h"

#include <gtest/gtest.h>

namespace faasbatch::pods {
namespace {

using enum PodState;
using Event = PodEvent;

TEST(PodState, FollowsTheLifeOfAPod) {
  const struct {
    PodState from;
    Event event;
    std::optional<PodState> to;
  } kCases[] = {
      {kStarting, Event::kAnswers, kGeneric},
      {kGeneric, Event::kAssigned, kSpecialising},
      {kSpecialising, Event::kLoaded, kWarm},
      {kWarm, Event::kCallsBegan, kBusy},
      {kBusy, Event::kCallsBegan, kBusy},
      {kBusy, Event::kIdled, kWarm},
      {kWarm, Event::kDrain, kDraining},
      {kBusy, Event::kMisbehaved, kQuarantined},
      {kDraining, Event::kMisbehaved, kQuarantined},
      {kQuarantined, Event::kDrain, kQuarantined},
      {kDraining, Event::kGone, kGone},
      {kStarting, Event::kAssigned, std::nullopt},
      {kDraining, Event::kIdled, std::nullopt},
      {kQuarantined, Event::kLoaded, std::nullopt},
      {kDraining, Event::kCallsBegan, std::nullopt},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(next(c.from, c.event), c.to) << name(c.from) << " event " << static_cast<int>(c.event);
  }
}

TEST(PodState, GoneIsTheEndAndComesFromEverywhere) {
  for (std::size_t s = 0; s < kPodStates; ++s) {
    const auto state = static_cast<PodState>(s);
    if (state != kGone) {
      EXPECT_EQ(next(state, Event::kGone), kGone);
    }
    for (std::size_t e = 0; e < kPodEvents; ++e) EXPECT_EQ(next(kGone, static_cast<Event>(e)), std::nullopt);
  }
}

TEST(PodState, AQuarantinedPodNeverTakesCallsAgain) {
  for (std::size_t e = 0; e < kPodEvents; ++e) {
    const auto to = next(kQuarantined, static_cast<Event>(e));
    EXPECT_TRUE(!to || *to == kQuarantined || *to == kGone);
  }
}

}  // namespace
}  // namespace faasbatch::pods
