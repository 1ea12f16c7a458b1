#include "node-agent/pods/process/spawner.h"

#include <csignal>
#include <utility>

namespace faasbatch::pods {

Spawner::Spawner(base::Loop& loop) : mailbox_(loop), thread_(std::in_place) {}

Spawner::~Spawner() {
  thread_.reset();
  for (const Started& one : started_) {
    if (!one.child) continue;
    signalGroup(*one.child, SIGKILL);
    reap(*one.child);
  }
}

void Spawner::start(Program program, Done done) {
  thread_->run(
      [this, sender = mailbox_.sender(), program = std::move(program), done = std::move(done)]() mutable {
        base::Result<Child> child = spawn(program);
        const std::lock_guard lock(mutex_);
        started_.push_back({std::move(child), std::move(done)});
        sender([this] { tell(); });
      });
}

void Spawner::tell() {
  std::unique_lock lock(mutex_);
  Started one = std::move(started_.front());
  started_.pop_front();
  lock.unlock();
  one.done(std::move(one.child));  // may end this object
}

}  // namespace faasbatch::pods
