#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "node-agent/journal/journal_testing.h"

namespace faasbatch::journal {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::streamoff kPage = 4096;

class DamageTest : public JournalTest {
 protected:
  std::vector<std::string> setAside() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory())) {
      const std::string name = entry.path().filename();
      if (name.starts_with("journal.db.damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm"))
        names.push_back(name);
    }
    return names;
  }
  void overwrite(std::streamoff at, std::size_t size) const {
    std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(at);
    const std::string garbage(size, '\x5a');
    stream.write(garbage.data(), static_cast<std::streamsize>(garbage.size()));
  }
  void fill() {
    ASSERT_TRUE(putManifest("flow", "d1"));
    for (int i = 0; i < 400; ++i) {
      journal_->begin(head("open" + std::to_string(i)), {R"({"filler":")" + std::string(200, 'x') + "\"}"},
                      nullptr);
      journal_->finish(finished(head("ended" + std::to_string(i)), std::string(500, '1')), nullptr);
    }
    ASSERT_TRUE(append("open0", {event(1)}));
  }
};

TEST_F(DamageTest, AFileThatIsNoDatabaseIsSetAside) {
  open();
  fill();
  journal_.reset();
  overwrite(0, 100);
  ::testing::internal::CaptureStderr();
  open();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("journal.db.damaged-"));
  EXPECT_THAT(setAside(), SizeIs(1));
  EXPECT_THAT(unfinishedIds(), IsEmpty());
  EXPECT_TRUE(begin(head("new")));
  EXPECT_TRUE(journal_->healthy());
  open();
  EXPECT_THAT(unfinishedIds(), Contains("new"));
  EXPECT_THAT(setAside(), SizeIs(1)) << "once";
}

TEST_F(DamageTest, WhatCanStillBeReadIsTakenOver) {
  open();
  fill();
  journal_.reset();
  // The last pages: what was written last. The first ones hold the schema and the first rows.
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(file()));
  overwrite(size / kPage / 2 * kPage, static_cast<std::size_t>(8 * kPage));
  open();
  ASSERT_THAT(setAside(), SizeIs(1));
  ASSERT_THAT(journal_->manifests(), SizeIs(1));
  EXPECT_TRUE(journal_->manifests()[0].current);
  const auto runs = unfinished();
  EXPECT_FALSE(runs.empty());
  for (const UnfinishedRun& run : runs) {
    EXPECT_THAT(run.head.id, ::testing::StartsWith("open"));
    EXPECT_FALSE(run.events.empty());
  }
}

TEST_F(DamageTest, DamageAnywhereIsSurvived) {
  for (int round = 0; round < 12; ++round) {
    open();
    fill();
    journal_.reset();
    const auto pages = static_cast<std::streamoff>(std::filesystem::file_size(file())) / kPage;
    const std::streamoff page = round == 0 ? 0 : (round * 7919) % pages;
    overwrite(page * kPage + 16, 2000);
    open();
    ASSERT_TRUE(begin(head("after" + std::to_string(round)))) << "page " << page;
    EXPECT_TRUE(journal_->healthy());
  }
}

TEST_F(DamageTest, AnEmptyFileAndACutOneAreSurvived) {
  std::ofstream(file()).close();
  open();
  fill();
  journal_.reset();
  std::filesystem::resize_file(file(), 3 * kPage + 100);
  open();
  EXPECT_TRUE(begin(head("after")));
}

TEST_F(DamageTest, DamageMetWhileRunningIsSetAsideToo) {
  open();
  fill();
  journal_.reset();
  open();
  // Behind the back of the running agent, everything but the first page.
  const auto size = std::filesystem::file_size(file());
  overwrite(kPage, size - kPage);
  ASSERT_TRUE(loop_.runUntil([&] {
    if (!setAside().empty()) return true;
    std::optional<bool> answered;
    journal_->find("default", "ended399", [&](auto result) { answered = result.has_value(); });
    journal_->begin(head("x" + base::newInvocationId(loop_.now())), {event(0)}, nullptr);
    loop_.runUntil([&] { return answered.has_value(); });
    return false;
  }));
  ASSERT_TRUE(
      loop_.runUntil([&] { return begin(head("after" + base::newInvocationId(loop_.now()))).has_value(); }));
  EXPECT_TRUE(journal_->healthy());
  open();
  EXPECT_THAT(unfinishedIds(), Contains(::testing::StartsWith("after")));
}

}  // namespace
}  // namespace faasbatch::journal
