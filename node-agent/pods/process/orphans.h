// Ends what pods that were killed leave behind: daemons, and workers that had no time to end.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "lib/base/process_tree.h"
#include "lib/base/time.h"
#include "lib/net/loop.h"

namespace faasbatch::pods {

// The children that come from pods and are none. Whatever a pod starts is outside the agent's `session`, as a
// pod begins with one of its own and nobody gets back into another; what a library of the agent forks is in
// it, and what was there before the first pod is among `older`. `isPod`: a pod, or about to be one. Pure.
std::vector<base::Process> orphansAmong(std::span<const base::Process> children, pid_t session,
                                        std::span<const base::Process> older,
                                        const std::function<bool(pid_t)>& isPod);

// While one of these lives, and after it, the process is a child subreaper (prctl(2) PR_SET_CHILD_SUBREAPER):
// what a dead pod leaves becomes its child, however it has daemonised. Only when a pod has ended are there
// such orphans, as a living pod is a subreaper itself. An agent that is the first process of a container
// adopts what others start there outside of its session, too, and takes it for an orphan. Loop thread only.
class Orphans {
 public:
  explicit Orphans(net::EventLoop& loop);
  // Ends what is left; waits for that, kEndTime at most.
  ~Orphans();
  Orphans(const Orphans&) = delete;
  Orphans& operator=(const Orphans&) = delete;

  // A pod has ended and been reaped: ends its orphans at once, and looks again until none comes after them.
  void podEnded();

  static constexpr base::Duration kEndTime = std::chrono::seconds(2);

 private:
  bool look();  // false: there is none
  void lookLater();

  net::EventLoop& loop_;
  std::vector<base::Process> older_;
  base::TimerId timer_ = 0;
  base::Duration pause_{};
};

}  // namespace faasbatch::pods
