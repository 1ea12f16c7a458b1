#include "node-agent/forwarding/merge_lists.h"

#include <gtest/gtest.h>

#include <random>

namespace faasbatch::forwarding {
namespace {

std::string list(const std::vector<std::string>& ids, bool more = false) {
  std::string out = R"({"items":[)";
  for (const std::string& id : ids)
    out += std::string(out.back() == '[' ? "" : ",") + R"({"id":")" + id + R"("})";
  return out + "]" + (more ? R"(,"continue":")" + ids.back() + "\"" : "") + "}";
}

TEST(MergeLists, NewestFirstAndEachOnce) {
  EXPECT_EQ(*mergeLists({list({"7", "3"}), list({"9", "5", "3"}), list({})}, 10), list({"9", "7", "5", "3"}));
  EXPECT_EQ(*mergeLists({}, 10), list({}));
}

TEST(MergeLists, GoesOnWhereThereIsMore) {
  EXPECT_EQ(*mergeLists({list({"7", "3"}), list({"9", "5"})}, 3), list({"9", "7", "5"}, true));
  EXPECT_EQ(*mergeLists({list({"7", "3"}, true), list({"9"})}, 5), list({"9", "7", "3"}, true));
}

TEST(MergeLists, SaysWhatIsNoList) {
  for (const char* bad : {"", "[]", "{}", R"({"items":{}})", R"({"items":[1]})", R"({"items":[{"id":1}]})"}) {
    const auto merged = mergeLists({bad}, 3);
    ASSERT_FALSE(merged) << bad;
    EXPECT_EQ(merged.error().kind, "InvalidResponse");
  }
}

// Pages of several agents, followed to the end, show every id once and in order.
TEST(MergeLists, PagesMissNothing) {
  std::mt19937 rng(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::vector<std::string>> kept(1 + (rng() % 4));
    std::vector<std::string> all;
    for (int i = 99; i >= 10; --i) {
      if (rng() % 3 != 0) continue;
      all.push_back(std::to_string(i));
      kept[rng() % kept.size()].push_back(all.back());
    }
    const std::size_t limit = 1 + (rng() % 7);
    std::vector<std::string> seen;
    for (std::string before = "~"; !before.empty();) {
      std::vector<std::string> pages;
      for (const auto& ids : kept) {
        std::vector<std::string> page;
        for (const std::string& id : ids) {
          if (id < before && page.size() <= limit) page.push_back(id);
        }
        const bool more = page.size() > limit;
        if (more) page.pop_back();
        pages.push_back(list(page, more));
      }
      const std::string merged = *mergeLists(pages, limit);
      for (std::size_t at = merged.find("\"id\":\""); at != std::string::npos;
           at = merged.find("\"id\":\"", at + 1)) {
        seen.push_back(merged.substr(at + 6, 2));
      }
      const bool more = merged.find("continue") != std::string::npos;
      before = more ? seen.back() : "";
    }
    ASSERT_EQ(seen, all);
  }
}

}  // namespace
}  // namespace faasbatch::forwarding
