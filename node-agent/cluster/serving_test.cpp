#include "node-agent/cluster/serving.h"

#include <gtest/gtest.h>

#include <vector>

namespace faasbatch::clusterview {
namespace {

using Step = ServingStep;
const std::optional<KnownWorkflow> kHere = KnownWorkflow{
    .placed = true, .specIsPlaced = true, .here = true, .generation = 2, .sources = "[a]", .placement = "p"};
const std::optional<ServedWorkflow> kServed =
    ServedWorkflow{.generation = 2, .sources = "[a]", .placement = "p"};

std::optional<KnownWorkflow> here(auto change) {
  KnownWorkflow known = *kHere;
  change(known);
  return known;
}
std::optional<ServedWorkflow> served(auto change) {
  ServedWorkflow one = *kServed;
  change(one);
  return one;
}

TEST(DecideServing, Table) {
  struct Case {
    const char* what;
    std::optional<KnownWorkflow> known;
    std::optional<ServedWorkflow> served;
    bool wanted;
    Step step;
  };
  const auto elsewhere = here([](auto& known) { known.here = false; });
  const auto notPlaced = here([](auto& known) { known = {}; });
  const auto newer = here([](auto& known) { known.specIsPlaced = false; });
  const std::vector<Case> cases = {
      {"placed here", kHere, {}, false, Step::kServe},
      {"served", kHere, kServed, false, Step::kNothing},
      {"another generation", kHere, served([](auto& one) { one.generation = 1; }), false, Step::kServe},
      {"other sources", kHere, served([](auto& one) { one.sources = "[b]"; }), false, Step::kServe},
      {"another placement", kHere, served([](auto& one) { one.placement = "q"; }), false, Step::kMove},
      {"a newer spec that was not placed", newer, kServed, false, Step::kNothing},
      {"the same, and it moves", newer, served([](auto& one) { one.placement = "q"; }), false, Step::kMove},
      {"the same, and an older one is served", newer, served([](auto& one) { one.generation = 1; }), false,
       Step::kNothing},
      {"the same, and nothing is served", newer, {}, false, Step::kOutOfReach},
      {"elsewhere", elsewhere, {}, false, Step::kNothing},
      {"elsewhere, called here", elsewhere, {}, true, Step::kServe},
      {"elsewhere, still called here", elsewhere, kServed, true, Step::kNothing},
      {"elsewhere, called no more", elsewhere, kServed, false, Step::kLetGo},
      {"not placed", notPlaced, {}, true, Step::kNothing},
      {"placed no more, called", notPlaced, kServed, true, Step::kNothing},
      {"placed no more", notPlaced, kServed, false, Step::kLetGo},
      {"deleted", {}, kServed, true, Step::kLetGo},
      {"unknown", {}, {}, false, Step::kNothing},
  };
  for (const Case& one : cases)
    EXPECT_EQ(decideServing(one.known, one.served, one.wanted), one.step) << one.what;
}

}  // namespace
}  // namespace faasbatch::clusterview
