// The thread on which libcurl runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "lib/base/error.h"
#include "lib/net/curl_client.h"
#include "lib/net/curl_url.h"

namespace faasbatch::net {

struct CurlTransfer;  // curl's handle and what belongs to it

// Takes jobs from any thread, runs as many at once as there may be connections, and reports each end on its
// own thread. Destruction drops what is under way without a report.
class CurlWorker {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using Report = std::function<void(std::uint64_t id, base::Result<Response> result)>;

  struct Job {
    std::uint64_t id = 0;
    Request request;
    SteadyTime deadline;
  };

  CurlWorker(CurlUrl url, CurlOptions options, Report report);
  ~CurlWorker();
  void add(Job job);

 private:
  void run();
  bool takeJobs();  // false: stop
  void startWaiting();
  void start(Job job);
  void reap();
  void poll();

  CurlUrl url_;
  CurlOptions options_;
  Report report_;
  void* multi_ = nullptr;

  std::mutex mutex_;  // guards the next two
  std::vector<Job> added_;
  bool stopping_ = false;

  // The worker thread's own.
  std::deque<Job> waiting_;
  std::unordered_map<void*, std::unique_ptr<CurlTransfer>> running_;  // by curl's easy handle
  std::vector<std::unique_ptr<CurlTransfer>> spare_;
  std::thread thread_;
};

}  // namespace faasbatch::net
