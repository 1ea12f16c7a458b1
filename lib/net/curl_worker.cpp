#include "lib/net/curl_worker.h"

#include <curl/curl.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "lib/net/curl_transfer.h"

namespace faasbatch::net {
namespace {

using std::chrono::steady_clock;

constexpr int kLongestPollMillis = 1000;  // orders wake it at once

// A peer that closes must not end the process: curl itself does not see to that under CURLOPT_NOSIGNAL.
void blockPipeSignal() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

}  // namespace

CurlWorker::CurlWorker(CurlUrl url, CurlOptions options, Report report)
    : url_(std::move(url)), options_(std::move(options)), report_(std::move(report)) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_ALL);
  static_cast<void>(global);
  multi_ = curl_multi_init();
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.maxConnections));
  thread_ = std::thread([this] { run(); });
}

CurlWorker::~CurlWorker() {
  order([](Orders& orders) { orders.stop = true; });
  thread_.join();
  for (const auto& [easy, transfer] : running_) curl_multi_remove_handle(multi_, easy);
  running_.clear();
  spare_.clear();
  curl_multi_cleanup(multi_);
}

template <class Change>
void CurlWorker::order(Change change) {
  {
    const std::lock_guard lock(mutex_);
    change(orders_);
  }
  curl_multi_wakeup(multi_);
}

void CurlWorker::add(Job job) {
  order([&](Orders& orders) { orders.added.push_back(std::move(job)); });
}

void CurlWorker::resume(std::uint64_t id) {
  order([id](Orders& orders) { orders.resumed.push_back(id); });
}

void CurlWorker::cancel(std::uint64_t id) {
  order([id](Orders& orders) { orders.cancelled.push_back(id); });
}

void CurlWorker::run() {
  blockPipeSignal();
  while (takeOrders()) {
    startWaiting();
    int active = 0;
    curl_multi_perform(multi_, &active);
    reap();
    endIdle();
    if (waiting_.empty() || running_.size() - streams_.size() >= options_.maxConnections) poll();
  }
}

bool CurlWorker::takeOrders() {
  Orders orders;
  {
    const std::lock_guard lock(mutex_);
    orders = std::exchange(orders_, {});
  }
  if (orders.stop) return false;
  for (Job& job : orders.added) {
    if (job.stream) {
      start(std::move(job));
    } else {
      waiting_.push_back(std::move(job));
    }
  }
  for (const std::uint64_t id : orders.resumed) {
    if (const auto stream = streams_.find(id); stream != streams_.end()) stream->second->resume();
  }
  for (const std::uint64_t id : orders.cancelled) {
    if (const auto stream = streams_.find(id); stream != streams_.end()) take(stream->second->easy);
  }
  return true;
}

// Starts the calls there are connections for; ends those whose deadline has passed before their turn.
void CurlWorker::startWaiting() {
  const auto now = steady_clock::now();
  std::erase_if(waiting_, [&](const Job& job) {
    if (job.deadline > now) return false;
    end(job, {"DeadlineExceeded", url_.url + ": no connection was free before the deadline"});
    return true;
  });
  while (!waiting_.empty() && running_.size() - streams_.size() < options_.maxConnections) {
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    start(std::move(job));
  }
}

void CurlWorker::start(Job job) {
  if (spare_.empty()) spare_.push_back(std::make_unique<CurlTransfer>());
  auto transfer = std::move(spare_.back());
  spare_.pop_back();
  void* const easy = transfer->easy;
  transfer->job = std::move(job);
  if (easy == nullptr || !transfer->prepare(url_, options_) ||
      curl_multi_add_handle(multi_, easy) != CURLM_OK) {
    return end(transfer->job, {"ConnectFailed", url_.url + ": the request cannot be prepared"});
  }
  if (transfer->job.stream) streams_.emplace(transfer->job.id, transfer.get());
  running_.emplace(easy, std::move(transfer));
}

void CurlWorker::end(const Job& job, base::Error error) {
  if (job.stream) {
    job.stream->takeEnd(std::unexpected(std::move(error)));
  } else {
    report_(job.id, std::unexpected(std::move(error)));
  }
}

// A transfer that has not ended by itself loses its connection.
std::unique_ptr<CurlTransfer> CurlWorker::take(void* easy) {
  auto node = running_.extract(easy);
  curl_multi_remove_handle(multi_, easy);
  streams_.erase(node.mapped()->job.id);
  return std::move(node.mapped());
}

void CurlWorker::endIdle() {
  const auto now = steady_clock::now();
  for (auto at = streams_.begin(); at != streams_.end();) {
    CurlTransfer& transfer = *(at++)->second;
    if (now < transfer.idleDeadline()) continue;
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(transfer.job.idleTime).count();
    const std::string time = std::to_string(millis) + " ms";
    end(transfer.job, {"DeadlineExceeded", url_.url + ": not a byte of the answer for " + time});
    take(transfer.easy);
  }
}

void CurlWorker::reap() {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // `message` is void once its handle is removed
    auto transfer = take(message->easy_handle);
    auto outcome = transfer->outcome(code, url_.url);
    if (!outcome) {
      end(transfer->job, std::move(outcome.error()));
    } else if (transfer->job.stream) {
      transfer->job.stream->takeEnd({});
    } else {
      report_(transfer->job.id, std::move(outcome));
    }
    transfer->job = {};
    spare_.push_back(std::move(transfer));
  }
}

void CurlWorker::poll() {
  auto until = steady_clock::time_point::max();
  for (const Job& job : waiting_) until = std::min(until, job.deadline);
  for (const auto& [id, transfer] : streams_) until = std::min(until, transfer->idleDeadline());
  const auto now = steady_clock::now();
  const auto longest = now + std::chrono::milliseconds(kLongestPollMillis);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::min(until, longest) - now).count();
  int ready = 0;
  curl_multi_poll(multi_, nullptr, 0, static_cast<int>(std::max<std::int64_t>(left, 0)), &ready);
}

}  // namespace faasbatch::net
