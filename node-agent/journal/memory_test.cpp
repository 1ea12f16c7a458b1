#include "node-agent/journal/memory.h"

#include <gtest/gtest.h>

#include "lib/base/fake_loop.h"

namespace faasbatch::journal {
namespace {

class MemoryJournalTest : public testing::Test {
 protected:
  RunHead head(const std::string& id, const std::string& key = "") {
    return {id, "default", "flow", "", key, key.empty() ? "" : "digest", loop_.now()};
  }
  void finish(const std::string& id, const std::string& key = "") {
    journal_->finish({head(id, key), "Succeeded", loop_.now(), "{}", "sum" + id, "", "1", 200}, nullptr);
  }
  std::optional<FinishedRun> find(const std::string& id) {
    std::optional<FinishedRun> found;
    journal_->find("default", id, [&](auto r) { found = *r; });
    loop_.runReady();
    return found;
  }
  Journal::Page list(ListQuery query) {
    Journal::Page page;
    journal_->list(std::move(query), [&](auto r) { page = *r; });
    loop_.runReady();
    return page;
  }
  std::optional<Journal::KeyOwner> owner(const std::string& key, base::Instant since) {
    std::optional<Journal::KeyOwner> found;
    journal_->findKey("default", "flow", "", key, since, [&](auto r) { found = *r; });
    loop_.runReady();
    return found;
  }

  base::FakeLoop loop_;
  std::unique_ptr<Journal> journal_ =
      makeMemoryJournal(loop_, {.maxRecords = 3, .maxAge = std::chrono::hours(1), .maxRecordBytes = 1 << 20});
};

TEST_F(MemoryJournalTest, KeepsTheNewestRecords) {
  for (const char* id : {"1", "2", "3", "4"}) finish(id);
  EXPECT_FALSE(find("1"));
  EXPECT_EQ(find("4")->summary, "sum4");
  loop_.advance(std::chrono::hours(2));
  EXPECT_FALSE(find("4"));
}

TEST_F(MemoryJournalTest, ListsNewestFirstInPages) {
  for (const char* id : {"1", "2", "3"}) finish(id);
  const auto first = list({.nameSpace = "default", .limit = 2});
  ASSERT_EQ(first.items.size(), 2U);
  EXPECT_EQ(first.items[0].first, "3");
  EXPECT_TRUE(first.more);
  const auto second = list({.nameSpace = "default", .beforeId = "2", .limit = 2});
  ASSERT_EQ(second.items.size(), 1U);
  EXPECT_EQ(second.items[0].second, "sum1");
  EXPECT_FALSE(second.more);
  EXPECT_TRUE(list({.nameSpace = "other"}).items.empty());
  EXPECT_TRUE(list({.status = "Failed"}).items.empty());
}

TEST_F(MemoryJournalTest, FindsTheOwnerOfAKeyBeforeAndAfterItsEnd) {
  const base::Instant before{loop_.now().ns - 1};
  bool begun = false;
  journal_->begin(head("1", "k"), {"{}"}, [&](auto r) { begun = r.has_value(); });
  EXPECT_FALSE(begun) << "called back from inside the call";
  ASSERT_TRUE(owner("k", before));
  EXPECT_TRUE(begun);
  EXPECT_FALSE(owner("k", before)->finished);
  finish("1", "k");
  EXPECT_EQ(owner("k", before)->finished->answer, "1");
  EXPECT_FALSE(owner("k", loop_.now())) << "created too early";
  EXPECT_FALSE(owner("other", before));
}

}  // namespace
}  // namespace faasbatch::journal
