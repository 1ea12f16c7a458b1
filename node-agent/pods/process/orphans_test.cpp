#include "node-agent/pods/process/orphans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "lib/testing/eventually.h"
#include "lib/testing/temp_dir.h"
#include "node-agent/pods/process/process_provider.h"

namespace faasbatch::pods {
namespace {

using base::Process;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr pid_t kSession = 100;

bool noPod(pid_t) { return false; }

std::vector<pid_t> pidsOf(const std::vector<Process>& processes) {
  std::vector<pid_t> pids;
  for (const Process& process : processes) pids.push_back(process.pid);
  return pids;
}

TEST(OrphansAmong, TakesOnlyWhatCameFromAPodAndIsNone) {
  const std::vector<Process> children{{.pid = 1, .session = kSession},          // a library's
                                      {.pid = 2, .session = 2},                 // a pod
                                      {.pid = 3, .session = 3, .started = 10},  // was there before
                                      {.pid = 4, .session = 4, .started = 11},  // took over a number
                                      {.pid = 5, .session = 2},                 // left by a pod's group
                                      {.pid = 6, .session = 6, .state = 'Z'}};  // a daemon that has ended
  const std::vector<Process> older{{.pid = 3, .session = 3, .started = 10},
                                   {.pid = 4, .session = 4, .started = 10}};
  const auto isPod = [](pid_t pid) { return pid == 2; };
  EXPECT_THAT(pidsOf(orphansAmong(children, kSession, older, isPod)), ElementsAre(4, 5, 6));
  EXPECT_THAT(orphansAmong({}, kSession, older, noPod), IsEmpty());
}

bool running(pid_t pid) {
  const std::optional<Process> process = base::readProcess(pid);
  return process && process->state != 'Z' && process->state != 'X';
}

// A child of this process that does nothing; ended with this.
class Idler {
 public:
  explicit Idler(bool ownSession) {
    pid_ = fork();
    if (pid_ != 0) return;
    if (ownSession) setsid();
    for (;;) pause();
  }
  ~Idler() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Idler(const Idler&) = delete;
  Idler& operator=(const Idler&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

// "Runtimes" that leave daemons: one that has a session of its own, one that stays in the pod's group, one
// that begins another as soon as its parent is gone.
class Leaving : public testing::Test {
 protected:
  void SetUp() override {
    const std::string script = directory_.path() + "/runtime";
    std::ofstream(script) << "#!/bin/sh\n"
                          << "cd " << directory_.path() << "\n"
                          << "(setsid sh -c 'echo $$ >daemon; exec sleep 1000' &)\n"
                          << "(sh -c 'trap \"\" TERM HUP INT; echo $$ >deaf; exec sleep 1000' &)\n"
                          << "(setsid sh -c 'setsid sleep 1000 & echo $! >grandchild; wait' &)\n"
                          << "until [ -s daemon ] && [ -s deaf ] && [ -s grandchild ]; do sleep 0.01; done\n"
                          << "touch all\n"
                          << "exec sleep 1000\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    provider_ = std::move(*makeProcessProvider(*loop_, {.runtime = script}));
    provider_->create(
        {.name = "p1", .nameSpace = "default"},
        [this](base::Result<PodEndpoint> result) { ready_ = std::move(result); }, [](const std::string&) {});
    ASSERT_TRUE(faasbatch::testing::runUntil(
        *loop_, [this] { return std::filesystem::exists(directory_.path() + "/all"); }));
  }

  bool anyLeft() {
    for (const char* name : {"daemon", "deaf", "grandchild"}) {
      pid_t pid = 0;
      std::ifstream(directory_.path() + "/" + name) >> pid;
      if (pid == 0 || running(pid)) return true;
    }
    return false;
  }

  faasbatch::testing::TempDir directory_;
  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  std::unique_ptr<Provider> provider_;
  std::optional<base::Result<PodEndpoint>> ready_;
};

TEST_F(Leaving, NothingIsLeftOfAPodThatWasEndedByForce) {
  const Idler ours(false);
  provider_->destroy("p1", true);
  EXPECT_TRUE(faasbatch::testing::runUntil(*loop_, [this] { return ready_ && !anyLeft(); }));
  EXPECT_TRUE(running(ours.pid()));
  EXPECT_TRUE(faasbatch::testing::runUntil(*loop_, [&] { return base::childrenOfSelf().size() == 1; }))
      << "and nothing that has ended stays unreaped";
}

TEST_F(Leaving, NothingIsLeftWhenTheProviderGoes) {
  const Idler ours(false);
  provider_.reset();
  EXPECT_FALSE(anyLeft());
  EXPECT_EQ(base::childrenOfSelf().size(), 1U);
}

TEST(Orphans, LeavesAloneWhatWasThereBefore) {
  const auto loop = net::EventLoop::make();
  const Idler before(true);
  ASSERT_TRUE(faasbatch::testing::eventually(
      [&] { return base::readProcess(before.pid())->session == before.pid(); }));
  {
    Orphans orphans(*loop);
    orphans.podEnded();
  }
  EXPECT_TRUE(running(before.pid()));
}

TEST(Orphans, LeavesThePodsOfOtherProvidersAlone) {
  const auto loop = net::EventLoop::make();
  const faasbatch::testing::TempDir directory;
  const std::string script = directory.path() + "/runtime";
  std::ofstream(script) << "#!/bin/sh\nexec sleep 1000\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  const auto provider = std::move(*makeProcessProvider(*loop, {.runtime = script}));
  std::optional<base::Result<PodEndpoint>> ready;
  provider->create(
      {.name = "p1", .nameSpace = "default"},
      [&](base::Result<PodEndpoint> result) { ready = std::move(result); }, [](const std::string&) {});
  ASSERT_TRUE(faasbatch::testing::eventually([] { return !base::childrenOfSelf().empty(); }));
  {
    Orphans others(*loop);
    others.podEnded();
  }
  const std::vector<Process> children = base::childrenOfSelf();
  ASSERT_EQ(children.size(), 1U);
  EXPECT_TRUE(running(children.front().pid));
}

}  // namespace
}  // namespace faasbatch::pods
