#include "node-agent/pods/process/orphans.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "node-agent/pods/process/spawn.h"

namespace faasbatch::pods {
namespace {

// A process that was killed is gone within microseconds, or it waits for a disk.
constexpr base::Duration kFirstPause = std::chrono::milliseconds(1);
constexpr base::Duration kLastPause = std::chrono::seconds(1);

}  // namespace

std::vector<base::Process> orphansAmong(std::span<const base::Process> children, pid_t session,
                                        std::span<const base::Process> older,
                                        const std::function<bool(pid_t)>& isPod) {
  std::vector<base::Process> orphans;
  for (const base::Process& child : children) {
    const bool wasThere = std::ranges::any_of(older, [&child](const base::Process& old) {
      return old.pid == child.pid && old.started == child.started;
    });
    if (child.session != session && !wasThere && !isPod(child.pid)) orphans.push_back(child);
  }
  return orphans;
}

Orphans::Orphans(net::EventLoop& loop) : loop_(loop) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  older_ = base::childrenOfSelf();
}

Orphans::~Orphans() {
  loop_.cancel(timer_);
  const auto deadline = std::chrono::steady_clock::now() + kEndTime;
  while (look() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(kFirstPause);
}

void Orphans::podEnded() {
  loop_.cancel(std::exchange(timer_, 0));
  pause_ = kFirstPause;
  if (look()) lookLater();
}

void Orphans::lookLater() {
  timer_ = loop_.after(pause_, [this] {
    timer_ = 0;
    if (look()) lookLater();
  });
  pause_ = std::min(pause_ * 2, kLastPause);
}

// What dies here hands its own children on to this process: whoever was seen is looked for once more.
bool Orphans::look() {
  std::vector<base::Process> orphans = orphansAmong(base::childrenOfSelf(), getsid(0), older_, isSpawned);
  if (orphans.empty()) return false;
  std::erase_if(orphans, [](const base::Process& one) { return waitpid(one.pid, nullptr, WNOHANG) != 0; });
  if (orphans.empty()) return true;
  std::vector<pid_t> roots;
  roots.reserve(orphans.size());
  for (const base::Process& orphan : orphans) roots.push_back(orphan.pid);
  const std::vector<base::Process> below = base::descendants(base::allProcesses(), roots);
  orphans.insert(orphans.end(), below.begin(), below.end());
  base::stopAndKill(orphans);
  return true;
}

}  // namespace faasbatch::pods
