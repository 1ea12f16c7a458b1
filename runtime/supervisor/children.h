// The forked children of a zygote: one process a call.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/time.h"
#include "runtime/supervisor/channel.h"
#include "runtime/supervisor/time_slice.h"
#include "runtime/supervisor/worker.h"

namespace faasbatch::supervisor {

// Children forked ahead of need, so that a call need not wait for its fork.
inline constexpr std::size_t kSpareChildren = 1;
// A child that has answered may take this long to end; then it is killed.
inline constexpr base::Duration kChildEndTime = std::chrono::seconds(2);

// Loop thread only; owned by its worker.
class Children {
 public:
  explicit Children(Worker& zygote);
  ~Children();

  void forkSpares();  // as many as are missing; a fork that fails is tried again with the next call only
  // `slice`: how long the call may compute before its process is lowered; 0: it never is.
  void startCall(std::uint32_t call, std::string head, std::string_view input,
                 std::shared_ptr<const void> owner, base::Duration slice);
  void cancelCall(std::uint32_t call);
  void killCall(std::uint32_t call);  // no outcome is reported for it any more

  void onForked(const protocol::InFrame& frame);
  void onExited(std::string_view head);  // only noted: see settle()
  void settle();                         // handles the exits noted, outside of any receiving

  // The zygote has gone: what its children still said is read. Calls that are left are the zygote's to
  // report.
  void endAll();

 private:
  struct Child {
    std::uint32_t fork = 0;  // number of its Fork frame
    pid_t pid = 0;           // 0 until Forked
    std::uint32_t call = 0;  // 0: a spare
    bool ended = false;      // its call has had an outcome or needs none
    bool killWhenForked = false;
    std::string brokenBecause;
    base::Duration sliceBegan{};  // what it had computed when its call began
    std::unique_ptr<Channel> channel;
  };

  Child* forkOne();
  Child* find(std::uint32_t call);
  Child* findFork(std::uint32_t fork);
  void onFrame(Child& child, protocol::InFrame& frame);
  void onClosed(Child& child, const std::string& reason);
  void breakOff(Child& child, const std::string& reason);
  void kill(Child& child);
  void tellZygote(protocol::FrameType what, const Child& child);
  void beginSlice(Child& child, base::Duration slice);
  void lookAgain(std::uint32_t fork, const SliceFacts& last, base::Duration pause);
  void crash(Child& child, const std::string& how);
  void watchEnd(std::uint32_t fork);

  Worker& zygote_;
  std::list<std::unique_ptr<Child>> children_;
  std::vector<std::pair<pid_t, int>> exits_;
  std::uint32_t lastFork_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace faasbatch::supervisor
