#include "lib/net/curl_worker.h"

#include <curl/curl.h>

#include <algorithm>
#include <utility>

#include "lib/net/curl_transfer.h"

namespace faasbatch::net {
namespace {

constexpr int kLongestPollMillis = 1000;  // new jobs wake it at once

}  // namespace

CurlWorker::CurlWorker(CurlUrl url, CurlOptions options, Report report)
    : url_(std::move(url)), options_(options), report_(std::move(report)) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_ALL);
  static_cast<void>(global);
  multi_ = curl_multi_init();
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.maxConnections));
  thread_ = std::thread([this] { run(); });
}

CurlWorker::~CurlWorker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  curl_multi_wakeup(multi_);
  thread_.join();
  for (const auto& [easy, transfer] : running_) curl_multi_remove_handle(multi_, easy);
  running_.clear();
  spare_.clear();
  curl_multi_cleanup(multi_);
}

void CurlWorker::add(Job job) {
  {
    const std::lock_guard lock(mutex_);
    added_.push_back(std::move(job));
  }
  curl_multi_wakeup(multi_);
}

void CurlWorker::run() {
  while (takeJobs()) {
    startWaiting();
    int active = 0;
    curl_multi_perform(multi_, &active);
    reap();
    if (waiting_.empty() || running_.size() >= options_.maxConnections) poll();
  }
}

bool CurlWorker::takeJobs() {
  const std::lock_guard lock(mutex_);
  for (Job& job : added_) waiting_.push_back(std::move(job));
  added_.clear();
  return !stopping_;
}

// Starts the jobs there are connections for; ends those whose deadline has passed before their turn.
void CurlWorker::startWaiting() {
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(waiting_, [&](const Job& job) {
    if (job.deadline > now) return false;
    report_(job.id,
            base::fail("DeadlineExceeded", url_.url + ": no connection was free before the deadline"));
    return true;
  });
  while (!waiting_.empty() && running_.size() < options_.maxConnections) {
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    start(std::move(job));
  }
}

void CurlWorker::start(Job job) {
  if (spare_.empty()) spare_.push_back(std::make_unique<CurlTransfer>());
  auto transfer = std::move(spare_.back());
  spare_.pop_back();
  const std::uint64_t id = job.id;
  void* const easy = transfer->easy;
  if (easy == nullptr || !transfer->prepare(std::move(job), url_, options_) ||
      curl_multi_add_handle(multi_, easy) != CURLM_OK) {
    return report_(id, base::fail("ConnectFailed", url_.url + ": the request cannot be prepared"));
  }
  running_.emplace(easy, std::move(transfer));
}

void CurlWorker::reap() {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // `message` is void once its handle is removed
    auto node = running_.extract(message->easy_handle);
    curl_multi_remove_handle(multi_, node.key());
    CurlTransfer& transfer = *node.mapped();
    report_(transfer.job.id, transfer.outcome(code, url_.url));
    spare_.push_back(std::move(node.mapped()));
  }
}

void CurlWorker::poll() {
  int millis = kLongestPollMillis;
  for (const Job& job : waiting_) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(job.deadline - std::chrono::steady_clock::now());
    millis = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, millis));
  }
  int ready = 0;
  curl_multi_poll(multi_, nullptr, 0, millis, &ready);
}

}  // namespace faasbatch::net
