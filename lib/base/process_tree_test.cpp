#include "lib/base/process_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

namespace faasbatch::base {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string statWith(const std::string& name) {
  return "42 (" + name + ") S 7 42 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 100 200\n";
}

std::vector<pid_t> pidsOf(const std::vector<Process>& processes) {
  std::vector<pid_t> pids;
  for (const Process& process : processes) pids.push_back(process.pid);
  return pids;
}

TEST(ParseProcess, TakesAnyName) {
  const Process expected{.pid = 42, .parent = 7, .session = 9, .state = 'S', .started = 12345};
  for (const char* name : {"sh", "a b", ") Z 1 1 1", "", "((", "\n"})
    EXPECT_EQ(parseProcess(statWith(name)), expected) << name;
}

TEST(ParseProcess, RefusesWhatIsCut) {
  const std::string whole = statWith("sh");
  for (std::size_t size = 0; size < whole.find("12345"); ++size)
    EXPECT_EQ(parseProcess(whole.substr(0, size)), std::nullopt) << size;
}

TEST(Descendants, AreFoundInAnyOrder) {
  const std::vector<Process> all{{.pid = 5, .parent = 4}, {.pid = 4, .parent = 3}, {.pid = 3, .parent = 1},
                                 {.pid = 8, .parent = 1}, {.pid = 6, .parent = 3}, {.pid = 1, .parent = 0}};
  const pid_t three[] = {3};
  EXPECT_THAT(pidsOf(descendants(all, three)), UnorderedElementsAre(4, 5, 6));
  const pid_t both[] = {4, 8};
  EXPECT_THAT(pidsOf(descendants(all, both)), ElementsAre(5));
  EXPECT_THAT(descendants(all, {}), IsEmpty());
}

TEST(ReadProcess, KnowsThisProcessAndNoneThatIsNot) {
  const auto self = readProcess(::getpid());
  ASSERT_TRUE(self.has_value());
  EXPECT_EQ(self->parent, ::getppid());
  EXPECT_EQ(self->session, ::getsid(0));
  EXPECT_GT(self->started, 0U);
  EXPECT_THAT(pidsOf(allProcesses()), ::testing::Contains(::getpid()));
  EXPECT_EQ(readProcess(0), std::nullopt);
}

TEST(ChildrenOfSelf, AreThoseOfAllThreadsUntilTheyAreWaitedFor) {
  pid_t child = -1;
  std::thread other([&] {
    child = ::fork();
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
    EXPECT_THAT(pidsOf(childrenOfSelf()), ElementsAre(child));
  });
  other.join();
  const std::vector<Process> children = childrenOfSelf();
  ASSERT_THAT(pidsOf(children), ElementsAre(child));
  stopAndKill(children);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(info.si_status, SIGKILL);
  const std::vector<Process> ended = childrenOfSelf();
  ASSERT_THAT(pidsOf(ended), ElementsAre(child));
  EXPECT_EQ(ended.front().state, 'Z');
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_THAT(childrenOfSelf(), IsEmpty());
}

}  // namespace
}  // namespace faasbatch::base
