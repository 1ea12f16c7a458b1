#include "node-agent/pods/process/spawner.h"

#include <csignal>
#include <utility>

namespace faasbatch::pods {

Spawner::Spawner(base::Loop& loop) : mailbox_(loop), thread_([this] { work(); }) {}

Spawner::~Spawner() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  for (const Job& job : started_) {
    if (!job.child) continue;
    signalGroup(*job.child, SIGKILL);
    reap(*job.child);
  }
}

void Spawner::start(Program program, Done done) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(program), std::move(done)});
  }
  changed_.notify_one();
}

void Spawner::work() {
  const base::Mailbox::Sender sender = mailbox_.sender();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job.child = spawn(job.program);
    lock.lock();
    started_.push_back(std::move(job));
    sender([this] { deliver(); });
  }
}

void Spawner::deliver() {
  std::unique_lock lock(mutex_);
  if (started_.empty()) return;
  Job job = std::move(started_.front());
  started_.pop_front();
  lock.unlock();
  job.done(std::move(job.child));  // may end this object
}

}  // namespace faasbatch::pods
