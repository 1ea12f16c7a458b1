#include "node-agent/journal/sqlite.h"

#include <gmock/gmock.h>

#include "node-agent/journal/database.h"
#include "node-agent/journal/journal_testing.h"

namespace faasbatch::journal {
namespace {

using SqliteJournalTest = JournalTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(SqliteJournalTest, UnfinishedRunsComeBackWithTheirEventsInOrder) {
  open();
  ASSERT_TRUE(begin(head("b", "key"), {event(0), "{\n\"line\": 2}"}));
  ASSERT_TRUE(begin(head("a"), {event(0)}));
  journal_->append("b", {event(1)}, nullptr);
  ASSERT_TRUE(append("b", {event(2), event(3)}));
  open();
  const auto runs = unfinished();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].head.id, "b") << "in the order of their begin()";
  EXPECT_EQ(runs[0].head.idempotencyKey, "key");
  EXPECT_EQ(runs[0].head.createdAt.ns, 1000);
  EXPECT_THAT(runs[0].events, ElementsAre(event(0), "{ \"line\": 2}", event(1), event(2), event(3)));
  EXPECT_THAT(runs[1].events, ElementsAre(event(0)));
  ASSERT_TRUE(append("b", {event(4)})) << "and go on after the restart";
  open();
  EXPECT_EQ(unfinished()[0].events.size(), 6U);
}

TEST_F(SqliteJournalTest, ARecordReplacesTheEvents) {
  open();
  ASSERT_TRUE(begin(head("a", "key")));
  ASSERT_TRUE(append("a", {event(1)}));
  const base::Instant end = loop_.now();
  ASSERT_TRUE(finish(finished(head("a", "key"), "1", end)));
  ASSERT_TRUE(append("a", {event(2)})) << "too late: ignored";
  ASSERT_TRUE(finish(finished(head("never-begun"))));
  open();
  EXPECT_THAT(unfinishedIds(), IsEmpty());
  const auto run = find("a");
  ASSERT_TRUE(run);
  EXPECT_EQ(run->head.idempotencyKey, "key");
  EXPECT_EQ(run->record, R"({"id":"a"})");
  EXPECT_EQ(run->summary, R"({"sum":"a"})");
  EXPECT_EQ(run->logs, "log\n");
  EXPECT_EQ(run->answer, "1");
  EXPECT_EQ(run->status, "Succeeded");
  EXPECT_EQ(run->finishedAt, end);
  EXPECT_TRUE(find("never-begun"));
  EXPECT_FALSE(find("a", "other"));
  EXPECT_FALSE(find("b"));
}

TEST_F(SqliteJournalTest, ARunThatEndsBeforeItIsWrittenIsOnlyARecord) {
  open();
  journal_->begin(head("a"), {event(0)}, nullptr);
  journal_->append("a", {event(1)}, nullptr);
  journal_->finish(finished(head("a")), nullptr);
  ASSERT_TRUE(begin(head("b")));
  open();
  EXPECT_THAT(unfinishedIds(), ElementsAre("b"));
  EXPECT_TRUE(find("a"));
}

TEST_F(SqliteJournalTest, QueriesSeeWhatIsStillQueued) {
  open();
  const std::string key = "k";
  for (int i = 0; i < 50; ++i) {
    const std::string id = "run" + std::to_string(100 + i);
    journal_->begin(head(id, key + id), {event(0)}, nullptr);
    ASSERT_TRUE(owner(key + id)) << i;
    EXPECT_FALSE(owner(key + id)->finished);
    journal_->finish(finished(head(id, key + id), id), nullptr);
    ASSERT_TRUE(find(id)) << i;
    EXPECT_EQ(owner(key + id)->finished->answer, id);
    const auto page = list({.limit = 1});
    ASSERT_EQ(page.items.size(), 1U);
    EXPECT_EQ(page.items[0].first, id);
    EXPECT_EQ(page.more, i > 0);
  }
}

TEST_F(SqliteJournalTest, ListsNewestFirstByWhatIsAsked) {
  open();
  for (int i = 1; i <= 9; ++i) {
    FinishedRun run = finished(head("id" + std::to_string(i)));
    if (i % 2 == 0) run.head.workflow = "other";
    if (i == 5) run.status = "Failed";
    if (i == 7) run.head.nameSpace = "prod";
    journal_->finish(std::move(run), nullptr);
  }
  ASSERT_TRUE(begin(head("z")));
  const auto ids = [this](ListQuery query) {
    std::vector<std::string> found;
    for (const auto& [id, summary] : list(std::move(query)).items) found.push_back(id);
    return found;
  };
  EXPECT_THAT(ids({.nameSpace = "default", .workflow = "flow"}), ElementsAre("id9", "id5", "id3", "id1"));
  EXPECT_THAT(ids({.nameSpace = "prod"}), ElementsAre("id7"));
  EXPECT_THAT(ids({.status = "Failed"}), ElementsAre("id5"));
  EXPECT_THAT(ids({.beforeId = "id3", .limit = 10}), ElementsAre("id2", "id1"));
  EXPECT_THAT(ids({.limit = 2}), ElementsAre("id9", "id8"));
  EXPECT_TRUE(list({.limit = 2}).more);
  EXPECT_FALSE(list({.limit = 9}).more);
}

TEST_F(SqliteJournalTest, TheNewestRunOwnsTheKey) {
  open();
  ASSERT_TRUE(finish(finished(head("1", "k", {100}), "first")));
  ASSERT_TRUE(begin(head("2", "k", {200})));
  EXPECT_EQ(owner("k")->head.id, "2");
  EXPECT_FALSE(owner("k")->finished);
  ASSERT_TRUE(finish(finished(head("2", "k", {200}), "second")));
  open();
  EXPECT_EQ(owner("k")->finished->answer, "second");
  EXPECT_EQ(owner("k", {150})->head.id, "2");
  EXPECT_FALSE(owner("k", {200})) << "not created after";
  EXPECT_FALSE(owner("other"));
}

TEST_F(SqliteJournalTest, KeepsTheRevisionsThatUnfinishedRunsMayNeed) {
  open();
  ASSERT_TRUE(putManifest("flow", "d1"));
  ASSERT_TRUE(begin(head("a")));
  ASSERT_TRUE(putManifest("flow", "d2"));
  ASSERT_TRUE(putManifest("gone", "d3"));
  ASSERT_TRUE(
      answer<base::Result<void>>([&](auto done) { journal_->deleteManifest("default", "gone", done); }));
  const auto digests = [this] {
    std::vector<std::pair<std::string, bool>> found;
    for (const auto& manifest : journal_->manifests()) found.emplace_back(manifest.digest, manifest.current);
    return found;
  };
  open();
  EXPECT_THAT(digests(), ElementsAre(std::pair("d1", false), std::pair("d2", true), std::pair("d3", false)));
  ASSERT_TRUE(finish(finished(head("a"))));
  EXPECT_TRUE(loop_.runUntil([&] { return digests().size() == 1; })) << "pruned in the background";
  EXPECT_THAT(digests(), ElementsAre(std::pair("d2", true)));
  ASSERT_TRUE(putManifest("flow", "d1"));
  ASSERT_TRUE(putManifest("flow", "d2"));
  ASSERT_TRUE(putManifest("flow", "d2")) << "the same again";
  for (const auto& [digest, current] : digests()) EXPECT_EQ(current, digest == "d2") << digest;
}

TEST_F(SqliteJournalTest, ASecondAgentOnTheDirectoryIsRefused) {
  open();
  const auto second = openSqliteJournal(loop_, directory(), metrics_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, "StoreUnavailable");
  EXPECT_THAT(second.error().message, HasSubstr("pid " + std::to_string(::getpid())));
  EXPECT_THAT(second.error().message, HasSubstr(directory()));
  journal_.reset();
  open();
}

TEST_F(SqliteJournalTest, ADirectoryThatCannotBeMadeIsAnError) {
  const auto journal = openSqliteJournal(loop_, "/proc/no/such", metrics_);
  ASSERT_FALSE(journal);
  EXPECT_THAT(journal.error().message, HasSubstr("/proc/no/such"));
}

TEST_F(SqliteJournalTest, ANewerSchemaIsRefusedAndNotSetAside) {
  open();
  journal_.reset();
  {
    auto database = Database::open(file());
    ASSERT_TRUE(database && database->execute("PRAGMA user_version = 99"));
  }
  const auto journal = openSqliteJournal(loop_, directory(), metrics_);
  ASSERT_FALSE(journal);
  EXPECT_THAT(journal.error().message, HasSubstr("version 99"));
  EXPECT_TRUE(std::filesystem::exists(file()));
}

TEST_F(SqliteJournalTest, TheQueueIsBounded) {
  open({.maxQueuedEntries = 8});
  // Nothing is released before the loop turns or the writer commits, so a burst meets the bound.
  int refused = 0;
  int written = 0;
  for (int i = 0; i < 2000; ++i) {
    journal_->begin(head("r" + std::to_string(i)), {event(0)}, [&](auto result) {
      if (result) {
        ++written;
      } else {
        EXPECT_EQ(result.error().kind, "JournalFull");
        ++refused;
      }
    });
  }
  ASSERT_TRUE(loop_.runUntil([&] { return refused + written == 2000; }));
  EXPECT_GT(refused, 0);
  EXPECT_EQ(unfinishedIds().size(), static_cast<std::size_t>(written));
}

TEST_F(SqliteJournalTest, OverTheBoundARunKeepsAPrefixOfItsEvents) {
  open({.maxQueuedEntries = 4});
  ASSERT_TRUE(begin(head("a"), {event(0)}));
  for (int i = 1; i <= 500; ++i) journal_->append("a", {event(i)}, nullptr);
  ASSERT_TRUE(loop_.runUntil([&] { return begin(head("b")).has_value(); })) << "while the queue drains";
  const auto runs = unfinished();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_LT(runs[0].events.size(), 501U);
  for (std::size_t i = 0; i < runs[0].events.size(); ++i)
    EXPECT_EQ(runs[0].events[i], event(static_cast<int>(i)));
}

}  // namespace
}  // namespace faasbatch::journal
