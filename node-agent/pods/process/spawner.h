// Starts programs without holding up the loop: until a child has called exec its parent's thread stands
// still, which on a busy machine takes tens of milliseconds each.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "lib/base/background.h"
#include "lib/base/error.h"
#include "lib/base/mailbox.h"
#include "node-agent/pods/process/spawn.h"

namespace faasbatch::pods {

// Made, used and destroyed on the loop's thread. How many wait is bounded by whoever asks: by the pods there
// may be.
class Spawner {
 public:
  using Done = std::move_only_function<void(base::Result<Child>)>;

  explicit Spawner(base::Loop& loop);
  // Programs that have not been started are not; children that nobody has been told of are killed and reaped.
  ~Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  // spawn() on a thread, one after the other, in order. `done` is called once on the loop's thread, not from
  // inside start() and not after the end of this object.
  void start(Program program, Done done);

 private:
  struct Started {
    base::Result<Child> child;
    Done done;
  };

  void tell();

  base::Mailbox mailbox_;
  std::mutex mutex_;
  std::deque<Started> started_;             // that nobody has been told of
  std::optional<base::Background> thread_;  // last: it uses the others
};

}  // namespace faasbatch::pods
