#include "lib/cluster/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace faasbatch::cluster {
namespace {

using testing::HasSubstr;

Placement example() {
  return {.generation = 3,
          .steps = {{"split", 0, OutputStore::kNode}, {"count", 1, OutputStore::kCluster}, {"merge", 0, {}}},
          .replicas = {{{"worker-1", "worker-2"}}, {{"worker-2", "worker-1"}}}};
}

std::string statusOf(const Placement& placement) {
  return R"({"observedGeneration":9,"placementGeneration":)" + std::to_string(placement.generation) +
         R"(,"placement":)" + placementJson(placement) + R"(,"replicas":)" + replicasJson(placement) + "}";
}

TEST(Placement, IsWrittenAsTheStatusHasIt) {
  const Placement placement = example();
  EXPECT_EQ(placementJson(placement), R"([{"step":"split","group":0,"node":"worker-1","store":"Node"},)"
                                      R"({"step":"count","group":1,"node":"worker-2","store":"Cluster"},)"
                                      R"({"step":"merge","group":0,"node":"worker-1","store":"Node"}])");
  EXPECT_EQ(replicasJson(placement),
            R"([{"nodes":["worker-1","worker-2"]},{"nodes":["worker-2","worker-1"]}])");
  EXPECT_EQ(placement.node(1), "worker-2");
  EXPECT_EQ(placement.node(1, 1), "worker-1");
}

TEST(Placement, IsReadBack) {
  const auto read = readPlacement(statusOf(example()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, example());
  EXPECT_EQ(read->digest(), example().digest());
}

TEST(Placement, DigestTellsEveryDifference) {
  const Placement placement = example();
  EXPECT_EQ(placement.digest().size(), 16U);
  Placement other = placement;
  other.generation = 4;
  EXPECT_NE(other.digest(), placement.digest());
  other = placement;
  other.steps[0].store = OutputStore::kCluster;
  EXPECT_NE(other.digest(), placement.digest());
  other = placement;
  other.replicas.pop_back();
  EXPECT_NE(other.digest(), placement.digest());
}

TEST(Placement, SaysWhenThereIsNone) {
  for (const char* status : {"{}", R"({"placement":null})", R"({"placement":[],"replicas":[]})"}) {
    const auto read = readPlacement(status);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, "NotPlaced") << status;
  }
}

TEST(Placement, NamesWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "not JSON"},
      {"[]", "it must be an object"},
      {R"({"placement":{}})", "placement must be a list"},
      {R"({"placement":[3]})", "placement[0] must be an object"},
      {R"({"placement":[{"step":3}]})", "placement[0].step must be a string"},
      {R"({"placement":[{"step":"a","group":-1}]})", "placement[0].group must be a whole number from 0 to"},
      {R"({"placement":[{"step":"a","group":4294967296}]})", "placement[0].group must be"},
      {R"({"placement":[{"step":"a","store":"Disk"}]})", "placement[0]: store must be Node or Cluster"},
      {R"({"placement":[{"step":"a"}]})", "there is no replica"},
      {R"({"placement":[{"step":"a"}],"replicas":[{"nodes":[1]}]})",
       "replicas[0].nodes must be a list of strings"},
      {R"({"placement":[{"step":"a","group":1,"node":"n"}],"replicas":[{"nodes":["n"]}]})", "without gap"},
      {R"({"placement":[{"step":"a","node":"n"},{"step":"a","node":"n"}],"replicas":[{"nodes":["n"]}]})",
       "the step \"a\" is placed twice"},
      {R"({"placement":[{"step":"a","node":"n"}],"replicas":[{"nodes":["n"]},{"nodes":["n","m"]}]})",
       "a replica has 2 nodes for 1 groups"},
      {R"({"placement":[{"step":"a","node":""}],"replicas":[{"nodes":[""]}]})", "a node without a name"},
      {R"({"placement":[{"node":"n"}],"replicas":[{"nodes":["n"]}]})", "a step has no name"},
      {R"({"placement":[{"step":"a","node":"n"}],"replicas":[{"nodes":["m"]}]})",
       "placement[0].node is not that of the first replica"},
      {R"({"placementGeneration":"x","placement":[]})", "placementGeneration must be a whole number"},
  };
  for (const auto& [status, message] : cases) {
    const auto read = readPlacement(status);
    ASSERT_FALSE(read) << status;
    EXPECT_EQ(read.error().kind, "InvalidPlacement") << status;
    EXPECT_THAT(read.error().message, HasSubstr(message)) << status;
  }
}

TEST(Placement, BoundsStepsAndReplicas) {
  Placement placement = example();
  placement.replicas.resize(kMaxReplicas + 1, placement.replicas[0]);
  EXPECT_THAT(brokenInvariant(placement), HasSubstr("more than 64 replicas"));
  placement = {.steps = {}, .replicas = {{{"n"}}}};
  for (std::size_t i = 0; i <= kMaxPlacedSteps; ++i) placement.steps.push_back({std::to_string(i), 0, {}});
  EXPECT_THAT(brokenInvariant(placement), HasSubstr("more than 2000 steps"));
}

Placement randomPlacement(std::mt19937& random) {
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  Placement placement{.generation = static_cast<std::int64_t>(random())};
  const std::uint32_t groups = 1 + below(5);
  for (std::uint32_t i = 0, n = groups + below(6); i < n; ++i) {
    placement.steps.push_back({"s\"" + std::to_string(i), i < groups ? i : below(groups),
                               below(2) == 0 ? OutputStore::kNode : OutputStore::kCluster});
  }
  std::shuffle(placement.steps.begin(), placement.steps.end(), random);
  for (std::uint32_t r = 1 + below(4); r > 0; --r) {
    Replica& replica = placement.replicas.emplace_back();
    for (std::uint32_t g = 0; g < groups; ++g) replica.nodes.push_back("n" + std::to_string(below(9)));
  }
  return placement;
}

TEST(Placement, EveryOneIsReadBackAsItWas) {
  std::mt19937 random(5);
  for (int i = 0; i < 1000; ++i) {
    const Placement placement = randomPlacement(random);
    ASSERT_EQ(brokenInvariant(placement), "");
    const auto read = readPlacement(statusOf(placement));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, placement);
  }
}

}  // namespace
}  // namespace faasbatch::cluster
