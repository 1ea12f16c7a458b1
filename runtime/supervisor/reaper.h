// Every process that descends from the supervisor, and its end.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lib/net/loop.h"
#include "runtime/supervisor/memory_kills.h"

namespace faasbatch::supervisor {

// "was killed by signal 11 (Segmentation fault)", "exited with status 3".
std::string describeExit(int status);

// The supervisor is a child subreaper (prctl(2) PR_SET_CHILD_SUBREAPER): whatever a handler forks, daemonises
// or puts into groups of its own becomes a child of the supervisor when its parent ends, so that all of it is
// found by walking the tree of parents from here. Loop thread only.
class Reaper {
 public:
  explicit Reaper(net::EventLoop& loop);

  // Runs `onExit` with the wait status when the child `pid` has ended. Call it in the turn of the fork.
  void expect(pid_t pid, std::function<void(int status)> onExit) { expected_[pid] = std::move(onExit); }

  // describeExit(), and whether it was for want of memory. Once for each child that has ended.
  std::string describe(int status);

  // Kills the children that a dead worker has left: all of its session; and, when `alone` says that no other
  // worker lives, every child that is not expected. With others alive a child that left its session may be
  // theirs.
  void killLeftBy(pid_t session, bool alone);

  // Kills every descendant and waits until none is left, a bound at most. Then nothing is expected any more.
  void killAll();

 private:
  void reap();

  std::map<pid_t, std::function<void(int)>> expected_;
  MemoryKills memoryKills_;
};

}  // namespace faasbatch::supervisor
