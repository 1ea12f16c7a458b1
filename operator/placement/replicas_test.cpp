#include "operator/placement/replicas.h"

#include <gtest/gtest.h>

namespace faasbatch::placement {
namespace {

struct Case {
  std::string_view name;
  Load load;
  std::uint32_t wanted;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class WantedReplicas : public ::testing::TestWithParam<Case> {};

TEST_P(WantedReplicas, FollowTheLoad) { EXPECT_EQ(wantedReplicas(GetParam().load), GetParam().wanted); }

constexpr base::Duration kLong = std::chrono::hours(1);
constexpr base::Duration kShort = std::chrono::seconds(59);

const Case kCases[] = {
    {"Idle", {.podBound = 10, .scale = 20, .sinceChange = kLong}, 1},
    {"Starving", {.pods = 5, .starving = 1, .podBound = 10, .scale = 20, .sinceChange = kLong}, 2},
    {"StarvingBecauseItHasAllItMayHave",
     {.pods = 10, .starving = 1, .podBound = 10, .scale = 20, .sinceChange = kLong},
     1},
    {"StarvingButJustGrown",
     {.replicas = 2, .pods = 5, .starving = 1, .podBound = 10, .scale = 20, .sinceChange = kShort},
     2},
    {"FillsItsNode", {.pods = 16, .podBound = 100, .scale = 20, .sinceChange = kLong}, 2},
    {"FillsThreeQuarters", {.pods = 15, .podBound = 100, .scale = 20, .sinceChange = kLong}, 1},
    {"AtTheBound",
     {.replicas = 64, .pods = 99, .starving = 1, .podBound = 100, .scale = 20, .sinceChange = kLong},
     64},
    {"OneLess", {.replicas = 3, .pods = 4, .podBound = 100, .scale = 60, .sinceChange = kLong}, 2},
    {"OneLessButJustChanged",
     {.replicas = 3, .pods = 4, .podBound = 100, .scale = 60, .sinceChange = kShort},
     3},
    {"TheRestWouldBeTooFull",
     {.replicas = 3, .pods = 11, .podBound = 100, .scale = 60, .sinceChange = kLong},
     3},
    {"UnknownScale", {.replicas = 1, .pods = 4, .podBound = 100, .sinceChange = kLong}, 1},
};

INSTANTIATE_TEST_SUITE_P(Loads, WantedReplicas, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace faasbatch::placement
