// The process provider with real runtimes, and with programs that are none.
#include "node-agent/pods/process/process_provider.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <set>

#include "node-agent/pods/process/socket_directory.h"
#include "node-agent/pods/process/spawn.h"

namespace faasbatch::pods {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr const char* kRuntime = FAASBATCH_BIN_DIR "/faasbatch-runtime";

void runUntil(net::EventLoop& loop, const std::function<bool()>& done) {
  bool late = false;
  const base::TimerId limit = loop.after(seconds(20), [&] {
    late = true;
    loop.stop();
  });
  std::function<void()> look = [&] {
    if (done()) {
      loop.stop();
    } else if (!late) {
      loop.after(milliseconds(1), look);
    }
  };
  loop.post(look);
  loop.run();
  loop.cancel(limit);
  ASSERT_FALSE(late) << "waited for in vain";
}

// Processes whose command line holds `text`; where `parent` is given, only its children (a supervisor that
// forks a worker is there twice for a moment).
std::set<pid_t> processesWith(const std::string& text, std::optional<pid_t> parent = std::nullopt) {
  std::set<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "cmdline");
    const std::string line((std::istreambuf_iterator<char>(file)), {});
    if (line.find(text) == std::string::npos) continue;
    std::ifstream stat(entry.path() / "stat");
    std::string fields;
    std::getline(stat, fields);
    const std::size_t end = fields.rfind(')');
    const bool child = end != std::string::npos && std::stoi(fields.substr(end + 4)) == parent.value_or(0);
    if (!parent || child) found.insert(static_cast<pid_t>(std::stoi(name)));
  }
  return found;
}

struct Pod {
  std::optional<base::Result<PodEndpoint>> ready;
  std::optional<std::string> gone;
};

class Processes : public testing::Test {
 protected:
  std::unique_ptr<Provider> provider(ProcessOptions options) {
    return std::move(*makeProcessProvider(*loop_, std::move(options)));
  }

  void create(Provider& provider, Pod& pod, const std::string& name,
              workflow::Runtime runtime = workflow::Runtime::kPython) {
    const auto inside = std::make_shared<bool>(true);
    provider.create(
        {.name = name, .nameSpace = "default", .runtime = runtime},
        [&pod, inside](base::Result<PodEndpoint> result) {
          EXPECT_FALSE(*inside);
          EXPECT_FALSE(pod.ready.has_value());
          pod.ready = std::move(result);
        },
        [&pod](std::string reason) {
          EXPECT_TRUE(pod.ready.has_value());
          EXPECT_FALSE(pod.gone.has_value());
          pod.gone = std::move(reason);
        });
    *inside = false;
  }

  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
};

// With a runtime that was built.
class RealProcesses : public Processes {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kRuntime)) GTEST_SKIP() << kRuntime << " is not built";
  }
};

TEST_F(RealProcesses, StartsAPodAndEndsIt) {
  const auto provider = this->provider({.runtime = kRuntime});
  Pod pod;
  create(*provider, pod, "p1");
  runUntil(*loop_, [&] { return pod.ready.has_value(); });
  ASSERT_TRUE(pod.ready->has_value()) << pod.ready->error().message;
  const std::string path = (*pod.ready)->endpoint.path;
  EXPECT_TRUE(listens(path));
  struct stat info{};
  ASSERT_EQ(stat(std::filesystem::path(path).parent_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
  provider->destroy("p1", false);
  runUntil(*loop_, [&] { return pod.gone.has_value(); });
  EXPECT_EQ(*pod.gone, "exit status 0");
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(processesWith(path).empty());
}

TEST_F(RealProcesses, TellsWhenAPodIsKilled) {
  const auto provider = this->provider({.runtime = kRuntime});
  Pod pod;
  create(*provider, pod, "p1");
  runUntil(*loop_, [&] { return pod.ready.has_value(); });
  ASSERT_TRUE(pod.ready->has_value());
  EXPECT_FALSE(
      std::filesystem::is_empty(std::filesystem::path((*pod.ready)->endpoint.path).parent_path() / "p1.d"));
  const std::set<pid_t> pids = processesWith((*pod.ready)->endpoint.path, getpid());
  ASSERT_EQ(pids.size(), 1U);
  kill(*pids.begin(), SIGKILL);
  runUntil(*loop_, [&] { return pod.gone.has_value(); });
  EXPECT_THAT(*pod.gone, HasSubstr("signal 9"));
  const auto directory = std::filesystem::path((*pod.ready)->endpoint.path).parent_path();
  EXPECT_FALSE(std::filesystem::exists(directory / "p1.d")) << "what it left behind is removed";
}

TEST_F(RealProcesses, ShutsDownAndRemovesItsDirectory) {
  auto provider = this->provider({.runtime = kRuntime});
  Pod pods[3];
  create(*provider, pods[0], "p0");
  create(*provider, pods[1], "p1");
  runUntil(*loop_, [&] { return pods[0].ready && pods[1].ready; });
  ASSERT_TRUE(pods[0].ready->has_value()) << pods[0].ready->error().message;
  const std::filesystem::path directory =
      std::filesystem::path((*pods[0].ready)->endpoint.path).parent_path();
  create(*provider, pods[2], "p2");
  bool down = false;
  provider->shutdown([&] { down = true; });
  runUntil(*loop_, [&] { return down; });
  EXPECT_TRUE(pods[0].gone && pods[1].gone);
  ASSERT_TRUE(pods[2].ready);
  ASSERT_FALSE(pods[2].ready->has_value()) << pods[2].gone.value_or("not gone");
  EXPECT_EQ(pods[2].ready->error().kind, "PodLost");
  provider.reset();
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST_F(RealProcesses, NothingOutlivesAnAgentThatIsKilled) {
  int tell[2];
  ASSERT_EQ(pipe(tell), 0);
  const pid_t agent = fork();
  if (agent == 0) {
    // A process of its own, so that SIGKILL leaves no destructor a chance.
    const auto loop = net::EventLoop::make();
    auto provider = makeProcessProvider(*loop, {.runtime = kRuntime});
    (*provider)->create(
        {.name = "p1", .nameSpace = "default"},
        [&](base::Result<PodEndpoint> result) {
          const std::string path = result ? result->endpoint.path : "?";
          (void)!write(tell[1], path.data(), path.size());
        },
        [](const std::string&) {});
    loop->run();
    _exit(1);
  }
  char buffer[256];
  const ssize_t size = read(tell[0], buffer, sizeof buffer);
  const std::shared_ptr<void> atEnd(nullptr, [&](void*) {
    kill(agent, SIGKILL);
    waitpid(agent, nullptr, 0);
    close(tell[0]);
    close(tell[1]);
  });
  ASSERT_GT(size, 1);
  const std::string path(buffer, static_cast<std::size_t>(size));
  const std::set<pid_t> supervisors = processesWith(path, agent);
  ASSERT_EQ(supervisors.size(), 1U);
  std::set<pid_t> tree = supervisors;
  const std::string children = "/proc/" + std::to_string(*supervisors.begin()) + "/task/" +
                               std::to_string(*supervisors.begin()) + "/children";
  runUntil(*loop_, [&] {  // until its worker is there
    std::ifstream file(children);
    for (pid_t child = 0; file >> child;) tree.insert(child);
    return tree.size() > 1;
  });
  kill(agent, SIGKILL);
  runUntil(*loop_, [&] {
    return std::ranges::none_of(tree, [](pid_t pid) {
      std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
      std::string text;
      std::getline(file, text);
      const std::size_t end = text.rfind(')');
      return end != std::string::npos && text[end + 2] != 'Z' && text[end + 2] != 'X';
    });
  });
  std::filesystem::remove_all(std::filesystem::path(path).parent_path());
}

TEST_F(Processes, SaysThatTheProgramCannotBeStarted) {
  const auto provider = this->provider({.runtime = "/nowhere/faasbatch-runtime"});
  Pod pod;
  create(*provider, pod, "p1");
  runUntil(*loop_, [&] { return pod.ready.has_value(); });
  EXPECT_EQ(pod.ready->error().kind, "NoCapacity");
  EXPECT_THAT(pod.ready->error().message, HasSubstr("/nowhere/faasbatch-runtime: No such file"));
}

TEST_F(Processes, SaysThatTheProgramEndedBeforeItWasReady) {
  const auto provider = this->provider({.runtime = "/bin/false"});
  Pod pod;
  create(*provider, pod, "p1");
  runUntil(*loop_, [&] { return pod.ready.has_value(); });
  EXPECT_EQ(pod.ready->error().kind, "PodLost");
  EXPECT_THAT(pod.ready->error().message, HasSubstr("exit status 1"));
}

TEST_F(Processes, RefusesContainersAndIgnoresUnknownPods) {
  const auto provider = this->provider({.runtime = "/bin/false"});
  provider->destroy("nobody", true);
  Pod pod;
  create(*provider, pod, "p1", workflow::Runtime::kContainer);
  runUntil(*loop_, [&] { return pod.ready.has_value(); });
  EXPECT_EQ(pod.ready->error().kind, "LoadFailed");
}

TEST_F(Processes, SaysWhatOnlyKubernetesCanGive) {
  const auto provider = this->provider({.runtime = "/bin/false"});
  workflow::FunctionSpec spec{.name = "f"};
  spec.bindings = {{.name = "cache", .secretName = "redis"}};
  const calls::FunctionKey key{"default", "wf", "f"};
  EXPECT_FALSE(provider->stockFor(key, spec));
  std::optional<base::Result<PodEndpoint>> ready;
  provider->create(
      {.name = "p1", .nameSpace = "default", .key = &key, .spec = &spec},
      [&](base::Result<PodEndpoint> result) { ready = std::move(result); }, [](const std::string&) {});
  runUntil(*loop_, [&] { return ready.has_value(); });
  EXPECT_EQ(ready->error().kind, "LoadFailed");
  EXPECT_THAT(ready->error().message, HasSubstr("secretRef \"redis\" needs Kubernetes"));
  spec.bindings.front() = {.name = "cache", .url = "redis://x"};
  EXPECT_EQ(provider->stockFor(key, spec), (Stock{.nameSpace = {}, .runtime = workflow::Runtime::kPython}));
}

TEST_F(Processes, LeavesNoDescriptorBehind) {
  const auto open = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  };
  const auto before = open();
  for (int i = 0; i < 5; ++i) {
    const auto provider = this->provider({.runtime = "/bin/false"});
    Pod pod;
    create(*provider, pod, "p1");
    runUntil(*loop_, [&] { return pod.ready.has_value(); });
  }
  EXPECT_EQ(open(), before);
}

// What a child finds: written by a shell to a file.
TEST(Spawn, GivesTheChildNothingButWhatItIsMeantToHave) {
  const std::string directory = testing::TempDir();
  const std::string file = directory + "/spawn-" + std::to_string(getpid());
  int lifeline[2];
  ASSERT_EQ(pipe(lifeline), 0);
  const int leak = dup(0);
  ASSERT_EQ(setenv("FAASBATCH_TEST_SECRET", "x", 1), 0);
  const auto child =
      spawn({.path = "/bin/sh",
             .arguments = {"-c", "exec 2>/dev/null; { ls /proc/$$/fd | tr '\\n' ' '; env; } >" + file},
             .environment = {"PATH=/bin:/usr/bin", "A=b c"},
             .lifeline = lifeline[0]});
  ASSERT_TRUE(child.has_value()) << child.error().message;
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PIDFD, static_cast<id_t>(child->pidfd), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(reap(*child), "exit status 0");
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_THAT(text, testing::StartsWith("0 1 10 2 3 "));  // 10: the shell's copy of the stderr it put aside
  EXPECT_THAT(text, HasSubstr("A=b c\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("FAASBATCH_TEST_SECRET")));
  std::filesystem::remove(file);
  for (const int fd : {lifeline[0], lifeline[1], leak}) close(fd);
}

TEST(Spawn, KillsTheWholeGroup) {
  const auto child = spawn({.path = "/bin/sh", .arguments = {"-c", "sleep 1000 & wait"}, .environment = {}});
  ASSERT_TRUE(child.has_value());
  signalGroup(*child, SIGKILL);
  EXPECT_EQ(reap(*child), "signal 9 (Killed)");
}

}  // namespace
}  // namespace faasbatch::pods
