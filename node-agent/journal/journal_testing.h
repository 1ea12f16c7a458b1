// What the journal's tests share: a journal in a directory of its own, with calls that wait for their
// answers.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/base/ids.h"
#include "lib/testing/temp_dir.h"
#include "lib/testing/test_loop.h"
#include "node-agent/journal/sqlite.h"

namespace faasbatch::journal {

class JournalTest : public ::testing::Test {
 protected:
  static RunHead head(const std::string& id, const std::string& key = "", base::Instant created = {1000}) {
    return {id, "default", "flow", "", key, key.empty() ? "" : "digest", created};
  }
  static FinishedRun finished(RunHead head, const std::string& answer = "1",
                              base::Instant at = base::SystemClock().now()) {
    const std::string id = head.id;
    return {std::move(head), "Succeeded", at, R"({"id":")" + id + R"("})", R"({"sum":")" + id + R"("})",
            "log\n",         answer,      200};
  }
  static std::string event(int n) { return R"({"n":)" + std::to_string(n) + "}"; }

  void open(Journal::Limits limits = {}) {
    journal_.reset();
    auto journal = openSqliteJournal(loop_, directory(), metrics_, limits);
    ASSERT_TRUE(journal) << journal.error().message;
    journal_ = std::move(*journal);
  }
  virtual std::string directory() const { return directory_.path(); }
  std::string file() const { return directory() + "/journal.db"; }

  template <class T, class Call>
  T answer(Call call) {
    std::optional<T> result;
    call([&result](T r) { result = std::move(r); });
    EXPECT_FALSE(result) << "called back from inside the call";
    EXPECT_TRUE(loop_.runUntil([&] { return result.has_value(); }));
    return result ? std::move(*result) : T(base::fail("NoAnswer", "none came"));
  }
  base::Result<void> begin(RunHead head, std::vector<std::string> events = {event(0)}) {
    return answer<base::Result<void>>(
        [&](auto done) { journal_->begin(std::move(head), std::move(events), done); });
  }
  base::Result<void> append(const std::string& id, std::vector<std::string> events) {
    return answer<base::Result<void>>([&](auto done) { journal_->append(id, std::move(events), done); });
  }
  base::Result<void> finish(FinishedRun run) {
    return answer<base::Result<void>>([&](auto done) { journal_->finish(std::move(run), done); });
  }
  base::Result<void> putManifest(const std::string& name, const std::string& digest) {
    return answer<base::Result<void>>([&](auto done) {
      journal_->putManifest({"default", name, digest, R"({"d":")" + digest + R"("})"}, done);
    });
  }
  std::optional<FinishedRun> find(const std::string& id, const std::string& nameSpace = "default") {
    auto found = answer<base::Result<std::optional<FinishedRun>>>(
        [&](auto done) { journal_->find(nameSpace, id, done); });
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    return found ? *found : std::nullopt;
  }
  Journal::Page list(ListQuery query) {
    auto page =
        answer<base::Result<Journal::Page>>([&](auto done) { journal_->list(std::move(query), done); });
    EXPECT_TRUE(page) << (page ? "" : page.error().message);
    return page ? *page : Journal::Page{};
  }
  std::optional<Journal::KeyOwner> owner(const std::string& key, base::Instant since = {0}) {
    auto found = answer<base::Result<std::optional<Journal::KeyOwner>>>(
        [&](auto done) { journal_->findKey("default", "flow", "", key, since, done); });
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    return found ? *found : std::nullopt;
  }
  std::vector<UnfinishedRun> unfinished() {
    KeptRuns kept;
    journal_->unfinished(kept);
    return std::move(kept.runs);
  }
  std::vector<std::string> unfinishedIds() {
    std::vector<std::string> ids;
    for (const UnfinishedRun& run : unfinished()) ids.push_back(run.head.id);
    return ids;
  }

  faasbatch::testing::TempDir directory_;
  faasbatch::testing::TestLoop loop_;
  telemetry::Registry metrics_;
  std::unique_ptr<Journal> journal_;
};

}  // namespace faasbatch::journal
