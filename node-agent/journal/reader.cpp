#include "node-agent/journal/reader.h"

#include "lib/telemetry/log.h"

namespace faasbatch::journal {

Reader::Reader(std::string path) : path_(std::move(path)) {
  open();
  thread_ = std::thread([this] { run(); });
}

void Reader::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Reader::ask(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= kMaxQueries) return false;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void Reader::close() {
  const std::lock_guard lock(connectionMutex_);
  connection_.reset();
}

void Reader::open() {
  const std::lock_guard lock(connectionMutex_);
  auto database = Database::open(path_);
  if (database) {
    (void)database->execute("PRAGMA query_only = ON; PRAGMA cache_size = -2000;");
    if (auto queries = Queries::prepare(*database)) {
      connection_.emplace(std::move(*database), std::move(*queries));
      return;
    }
  }
  telemetry::warning("the journal cannot be opened for queries", {{"path", path_}});
}

void Reader::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    {
      const std::lock_guard connection(connectionMutex_);
      job(connection_ ? &connection_->queries : nullptr);
    }
    lock.lock();
  }
}

}  // namespace faasbatch::journal
