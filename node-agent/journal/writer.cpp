#include "node-agent/journal/writer.h"

#include <algorithm>
#include <span>
#include <utility>

#include "lib/telemetry/log.h"
#include "node-agent/journal/backoff.h"
#include "node-agent/journal/sqlite.h"

namespace faasbatch::journal {
namespace {

constexpr std::size_t kMaxGroupEntries = 4'000;
constexpr std::size_t kMaxGroupBytes = 16 << 20;
constexpr std::size_t kUrgentBytes = 4 << 20;  // so much is written without waiting for more
constexpr base::Duration kUpkeepEvery = std::chrono::seconds(1);
constexpr int kCheckpointPages = 1'000;  // of 4 KiB; behind a commit that nobody waited for
constexpr int kCheckpointAnywayPages = 8'000;

}  // namespace

Writer::Writer(JournalFile file, Reader& reader, std::string path, const base::Clock& clock,
               JournalMetrics& metrics, std::function<void(Written)> sink)
    : file_(std::move(file)),
      reader_(reader),
      path_(std::move(path)),
      clock_(clock),
      metrics_(metrics),
      sink_(std::move(sink)),
      lastSync_(clock.now()),
      lastUpkeep_(clock.now()) {
  thread_ = std::thread([this] { run(); });
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Writer::push(Entry entry) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    queuedBytes_ += entry.bytes;
    const bool urgent = entry.done != nullptr || queuedBytes_ >= kUrgentBytes;
    wake = queue_.empty() || (urgent && !urgent_);
    urgent_ = urgent_ || urgent;
    queue_.push_back(std::move(entry));
  }
  if (wake) wake_.notify_one();
}

void Writer::reportDamage() {
  {
    const std::lock_guard lock(mutex_);
    damageReported_ = true;
  }
  wake_.notify_one();
}

base::Error Writer::lastError() const {
  const std::lock_guard lock(mutex_);
  return lastError_;
}

void Writer::run() {
  while (wait()) work();
  if (backlog_.empty()) {
    (void)file_.checkpoint();
  } else {
    telemetry::error("the journal's disk refuses to the end: what was queued is lost",
                     {{"entries", backlog_.size()}});
  }
}

bool Writer::wait() {
  std::unique_lock lock(mutex_);
  const auto called = [this] { return stop_ || urgent_ || damageReported_; };
  if (failures_ > 0) {
    if (stop_) return false;  // tried since, or just before
    wake_.wait_for(lock, retryDelay(failures_), [this] { return stop_; });
  } else if (backlog_.empty()) {
    wake_.wait_for(lock, kUpkeepEvery, [&] { return called() || !queue_.empty(); });
    if (!queue_.empty()) wake_.wait_for(lock, kWriteBehind, called);
  }
  std::ranges::move(queue_, std::back_inserter(backlog_));
  queue_.clear();
  queuedBytes_ = 0;
  urgent_ = false;
  const bool damaged = std::exchange(damageReported_, false);
  const bool end = stop_ && backlog_.empty();
  lock.unlock();
  if (damaged) replace("a query met damage");
  return !end;
}

void Writer::work() {
  const base::Instant start = clock_.now();
  if (backlog_.empty()) {
    if (failures_ == 0) return upkeep();
    const auto ok = file_.probe(start);
    return ok ? succeeded(0) : failed(ok.error());
  }
  const std::span<const Entry> group(backlog_.data(), groupSize());
  const bool waited = std::ranges::any_of(group, [](const Entry& entry) { return entry.done != nullptr; });
  const bool sync = waited || start - lastSync_ >= kSyncInterval;
  const auto ok = file_.commit(group, sync, !waited || file_.farOverLimits(), start);
  if (!ok) return failed(ok.error());
  if (sync) lastSync_ = start;
  metrics_.commitSeconds.observe(base::toMillis(clock_.now() - start) / 1e3);
  succeeded(group.size());
  const bool checkpoint = file_.walPages() > (waited ? kCheckpointAnywayPages : kCheckpointPages);
  if (checkpoint || clock_.now() - lastUpkeep_ >= 10 * kUpkeepEvery) upkeep();
}

std::size_t Writer::groupSize() const {
  std::size_t size = 0;
  std::size_t bytes = 0;
  while (size < backlog_.size() && size < kMaxGroupEntries && bytes < kMaxGroupBytes)
    bytes += backlog_[size++].bytes;
  return size;
}

void Writer::succeeded(std::size_t size) {
  if (failures_ > 0) telemetry::info("the journal's disk takes writes again", {{"path", path_}});
  failures_ = 0;
  healthy_.store(true);
  metrics_.healthy.set(1);
  if (size == 0) return;
  metrics_.commits.add();
  metrics_.entries.add(size);
  Written written;
  if (size == backlog_.size()) {
    written.entries = std::exchange(backlog_, {});
  } else {
    const auto end = backlog_.begin() + static_cast<std::ptrdiff_t>(size);
    written.entries.assign(std::make_move_iterator(backlog_.begin()), std::make_move_iterator(end));
    backlog_.erase(backlog_.begin(), end);
  }
  sink_(std::move(written));
}

void Writer::failed(const DiskError& error) {
  metrics_.failures.add();
  if (error.fault == Fault::kDamaged && failures_ == 0) return replace(error.message);
  Written revoked;
  revoked.error = toError(error, path_);
  std::vector<Entry> kept;
  for (Entry& entry : backlog_) {
    if (entry.revocable()) {
      revoked.entries.push_back(std::move(entry));
      continue;
    }
    if (entry.done) revoked.entries.push_back({Append{}, std::exchange(entry.done, nullptr), 0});
    kept.push_back(std::move(entry));
  }
  backlog_ = std::move(kept);
  {
    const std::lock_guard lock(mutex_);
    lastError_ = *revoked.error;
  }
  healthy_.store(false);
  metrics_.healthy.set(0);
  if (failures_++ == 0) telemetry::error("the journal cannot write", {{"error", revoked.error->message}});
  sink_(std::move(revoked));
}

void Writer::replace(const std::string& why) {
  metrics_.damaged.add();
  const auto ok = file_.replace(why, reader_, clock_.now());
  if (!ok) {
    ++failures_;  // a file that cannot be replaced is tried again with back-off, not set aside in a loop
    failed(ok.error());
  }
}

void Writer::upkeep() {
  lastUpkeep_ = clock_.now();
  const auto ok = file_.upkeep(lastUpkeep_);
  if (!ok && ok.error().fault == Fault::kDamaged) return replace(ok.error().message);
  if (!ok && !upkeepFailing_) {
    telemetry::warning("the journal cannot be tidied up; it goes on growing",
                       {{"error", toError(ok.error(), path_).message}});
  }
  upkeepFailing_ = !ok;
}

}  // namespace faasbatch::journal
