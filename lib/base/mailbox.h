// Tasks from other threads for an object that lives on a loop and may go before they come.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "lib/base/loop.h"

namespace faasbatch::base {

// Owned by the object, made and destroyed on its loop's thread. Senders may be copied and used anywhere; what
// they send after the mailbox's end is dropped. The loop must outlive all senders.
class Mailbox {
 public:
  class Sender {
   public:
    // Runs `task` on the loop's thread, in order. Any thread.
    void operator()(std::move_only_function<void()> task) const {
      loop_->post([open = open_, task = std::move(task)]() mutable {
        if (*open) task();
      });
    }

   private:
    friend class Mailbox;
    Sender(Loop* loop, std::shared_ptr<bool> open) : loop_(loop), open_(std::move(open)) {}
    Loop* loop_;
    std::shared_ptr<bool> open_;  // read and written on the loop's thread only
  };

  explicit Mailbox(Loop& loop) : sender_(&loop, std::make_shared<bool>(true)) {}
  ~Mailbox() { *sender_.open_ = false; }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  const Sender& sender() const { return sender_; }

 private:
  Sender sender_;
};

}  // namespace faasbatch::base
