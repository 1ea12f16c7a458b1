#include "lib/cluster/home.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace faasbatch::cluster {
namespace {

std::vector<std::string> nodes(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back("node-" + std::to_string(i));
  return names;
}

// Agents of different builds must agree.
TEST(HomeMark, IsTheBeginningOfTheDigest) {
  EXPECT_EQ(homeMark("local"), 0x25bf);
  EXPECT_NE(homeMark("worker-1"), homeMark("worker-2"));
}

TEST(HomeMark, TellsMostNodesApart) {
  std::set<std::uint16_t> marks;
  for (const std::string& node : nodes(1000)) marks.insert(homeMark(node));
  EXPECT_GT(marks.size(), 980);
}

TEST(Rendezvous, DoesNotDependOnTheOrderOfTheNodes) {
  std::vector<std::string> some = nodes(7);
  const auto order = rendezvous("key", some);
  EXPECT_EQ(std::set<std::string>(order.begin(), order.end()).size(), 7);
  std::ranges::reverse(some);
  EXPECT_EQ(rendezvous("key", some), order);
  EXPECT_TRUE(rendezvous("key", {}).empty());
}

TEST(Rendezvous, MovesOnlyTheKeysOfANodeThatGoes) {
  const std::vector<std::string> all = nodes(5);
  std::vector<std::string> fewer = all;
  fewer.erase(fewer.begin() + 2);
  for (int i = 0; i < 200; ++i) {
    const std::string key = "key-" + std::to_string(i);
    auto before = rendezvous(key, all);
    std::erase(before, all[2]);
    EXPECT_EQ(rendezvous(key, fewer), before);
  }
}

TEST(Rendezvous, SharesKeysEvenly) {
  std::map<std::string, int> first;
  for (int i = 0; i < 3000; ++i) ++first[rendezvous("key-" + std::to_string(i), nodes(3)).front()];
  for (const auto& [node, keys] : first) EXPECT_NEAR(keys, 1000, 120) << node;
}

}  // namespace
}  // namespace faasbatch::cluster
