// A disk that is full or refuses.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "node-agent/journal/database.h"
#include "node-agent/journal/journal_testing.h"

namespace faasbatch::journal {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

// What must hold however the disk refuses. The queue is filled until begin() fails; then room is made.
class DiskTest : public JournalTest {
 protected:
  static std::string filler(std::size_t bytes) { return R"({"filler":")" + std::string(bytes, 'x') + "\"}"; }

  // The ids that were acknowledged before the disk refused.
  std::vector<std::string> fillUp(std::string& message) {
    std::vector<std::string> acknowledged;
    for (int i = 0; i < 10'000; ++i) {
      const std::string id = "run" + std::to_string(i);
      const auto result = begin(head(id), {filler(20'000)});
      if (!result) {
        EXPECT_EQ(result.error().kind, "StoreUnavailable");
        message = result.error().message;
        return acknowledged;
      }
      acknowledged.push_back(id);
    }
    ADD_FAILURE() << "the disk never got full";
    return acknowledged;
  }

  void refusesAndRecovers(const std::function<void()>& makeRoom, const std::string& advice) {
    std::string message;
    const auto acknowledged = fillUp(message);
    ASSERT_FALSE(acknowledged.empty());
    EXPECT_THAT(message, HasSubstr(advice));
    EXPECT_THAT(message, HasSubstr(file()));
    EXPECT_FALSE(journal_->healthy());
    // Not waited for: accepted, and kept in order.
    journal_->begin(head("behind"), {event(0)}, nullptr);
    for (int i = 1; i <= 5; ++i) journal_->append("behind", {event(i)}, nullptr);
    journal_->finish(finished(head(acknowledged[0])), nullptr);
    EXPECT_FALSE(begin(head("refused"))) << "still refusing";
    EXPECT_TRUE(find(acknowledged[0])) << "reading goes on, and sees what waits to be written";
    EXPECT_FALSE(append(acknowledged[1], {event(1)})) << "told, but kept";

    makeRoom();
    ASSERT_TRUE(loop_.runUntil([&] { return journal_->healthy(); })) << "recovers by itself";
    EXPECT_TRUE(begin(head("after")));
    open();
    const auto ids = unfinishedIds();
    for (std::size_t i = 1; i < acknowledged.size(); ++i) EXPECT_THAT(ids, Contains(acknowledged[i]));
    EXPECT_THAT(ids, Contains("after"));
    EXPECT_THAT(ids, ::testing::Not(Contains("refused")));
    EXPECT_TRUE(find(acknowledged[0]));
    for (const UnfinishedRun& run : unfinished()) {
      const std::size_t expected = run.head.id == "behind" ? 6 : run.head.id == acknowledged[1] ? 2 : 1;
      EXPECT_EQ(run.events.size(), expected) << run.head.id;
    }
    EXPECT_THAT(ids, Contains("behind"));
  }
};

// A file system of 2 MiB with a ballast file that is removed to make room.
class FullDiskTest : public DiskTest {
 protected:
  void SetUp() override {
    if (::mount("faasbatch-test", directory_.path().c_str(), "tmpfs", 0, "size=2m") != 0) {
      GTEST_SKIP() << "cannot mount a small tmpfs here: " << std::strerror(errno);
    }
    mounted_ = true;
    std::ofstream(ballast()) << std::string(1 << 20, 'b');
  }
  void TearDown() override {
    journal_.reset();
    if (mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
  }
  std::string ballast() const { return directory_.file("ballast"); }
  bool mounted_ = false;
};

TEST_F(FullDiskTest, RefusesNewRunsKeepsWhatItHasAndRecovers) {
  open();
  refusesAndRecovers([&] { std::filesystem::remove(ballast()); }, "is full: free some space");
}

TEST_F(FullDiskTest, AJournalThatCannotBeMadeSaysWhy) {
  std::ofstream(directory_.file("more")) << std::string(2 << 20, 'b');
  const auto journal = openSqliteJournal(loop_, directory(), metrics_);
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().kind, "StoreUnavailable");
  EXPECT_THAT(journal.error().message, HasSubstr(directory()));
}

// Files of this process may not grow beyond a limit: every machine can do that.
class RefusingDiskTest : public DiskTest {
 protected:
  void SetUp() override {
    before_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_);
  }
  void TearDown() override {
    journal_.reset();
    ::setrlimit(RLIMIT_FSIZE, &old_);
    ::signal(SIGXFSZ, before_);
  }
  void limit(rlim_t bytes) const {
    const rlimit limit{bytes, old_.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  rlimit old_{};
  void (*before_)(int) = SIG_DFL;
};

TEST_F(RefusingDiskTest, RefusesNewRunsKeepsWhatItHasAndRecovers) {
  open();
  limit(600'000);
  refusesAndRecovers([&] { ::setrlimit(RLIMIT_FSIZE, &old_); }, "the disk under the journal");
}

TEST_F(RefusingDiskTest, EndingWhileTheDiskRefusesDoesNotHang) {
  open();
  limit(300'000);
  std::string message;
  (void)fillUp(message);
  journal_->append("run0", {event(1)}, nullptr);
  journal_.reset();
  ::setrlimit(RLIMIT_FSIZE, &old_);
  open();
  EXPECT_THAT(unfinishedIds(), Contains("run0"));
}

}  // namespace
}  // namespace faasbatch::journal
