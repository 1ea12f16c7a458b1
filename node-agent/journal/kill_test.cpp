// kill -9: every acknowledged run must be there afterwards.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>
#include <sstream>

#include "lib/testing/child_process.h"
#include "node-agent/journal/journal_testing.h"

namespace faasbatch::journal {
namespace {

constexpr const char* kDirectory = "FAASBATCH_KILL_TEST_DIRECTORY";

class KillTest : public JournalTest {};

// The process that is killed: begins runs, 32 at a time, and writes each acknowledged id as a line; a third
// of them it ends.
TEST_F(KillTest, DISABLED_Victim) {
  const char* directory = std::getenv(kDirectory);
  ASSERT_NE(directory, nullptr);
  auto journal = openSqliteJournal(loop_, directory, metrics_);
  ASSERT_TRUE(journal) << journal.error().message;
  int begun = 0;
  const std::function<void()> beginOne = [&] {
    const std::string id = base::newInvocationId(loop_.now());
    const int n = begun++;
    (*journal)->begin(head(id), {event(0)}, [&, id, n](auto result) {
      if (!result) return;
      const std::string line = id + "\n";
      if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) return;
      (*journal)->append(id, {event(1)}, nullptr);
      if (n % 3 == 0) (*journal)->finish(finished(head(id)), nullptr);
      beginOne();
    });
  };
  for (int i = 0; i < 32; ++i) beginOne();
  loop_.runUntil([] { return false; }, std::chrono::seconds(60));
}

TEST_F(KillTest, EveryAcknowledgedRunIsThereAfterwards) {
  std::mt19937 random(20'260'101);
  std::set<std::string> acknowledged;
  for (int round = 0; round < 6; ++round) {
    const std::size_t bytes = 37 * std::uniform_int_distribution<std::size_t>(1, 1500)(random);
    {
      faasbatch::testing::ChildProcess victim(
          {std::filesystem::read_symlink("/proc/self/exe").string(),
           "--gtest_filter=KillTest.DISABLED_Victim", "--gtest_also_run_disabled_tests"},
          {.environment = {std::string(kDirectory) + "=" + directory()}});
      ASSERT_TRUE(victim.waitFor([&] { return victim.output().size() >= bytes; })) << victim.output();
      victim.signal(SIGKILL);
      ASSERT_TRUE(victim.wait());
      std::istringstream lines(victim.output());
      for (std::string line; std::getline(lines, line);) {
        if (line.size() == 36 && !lines.eof()) acknowledged.insert(line);
      }
    }
    open();
    std::set<std::string> kept;
    for (const UnfinishedRun& run : unfinished()) {
      kept.insert(run.head.id);
      ASSERT_FALSE(run.events.empty());
      EXPECT_EQ(run.events[0], event(0));
    }
    for (const auto& [id, summary] : list({.limit = 100'000}).items) kept.insert(id);
    for (const std::string& id : acknowledged)
      ASSERT_TRUE(kept.contains(id)) << "lost " << id << " in round " << round;
    journal_.reset();
  }
  EXPECT_GT(acknowledged.size(), 6U);
}

}  // namespace
}  // namespace faasbatch::journal
