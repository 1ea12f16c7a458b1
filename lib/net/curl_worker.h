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
#include "lib/net/curl_stream.h"
#include "lib/net/curl_url.h"

namespace faasbatch::net {

struct CurlTransfer;  // curl's handle and what belongs to it

// Takes jobs from any thread, runs as many calls at once as there may be connections, and streams besides;
// reports each end on its own thread. Destruction drops what is under way without a report.
class CurlWorker {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using Report = std::function<void(std::uint64_t id, base::Result<Response> result)>;  // of calls

  struct Job {
    std::uint64_t id = 0;
    Request request;
    SteadyTime deadline;                           // max(): none
    std::shared_ptr<CurlStream> stream = nullptr;  // nullptr: a call
    std::chrono::nanoseconds idleTime{0};          // of a stream; 0: any
  };

  CurlWorker(CurlUrl url, CurlOptions options, Report report);
  ~CurlWorker();
  void add(Job job);
  // Of streams; unknown ids are ignored.
  void resume(std::uint64_t id);
  void cancel(std::uint64_t id);

 private:
  struct Orders {
    std::vector<Job> added;
    std::vector<std::uint64_t> resumed;
    std::vector<std::uint64_t> cancelled;
    bool stop = false;
  };

  template <class Change>
  void order(Change change);
  void run();
  bool takeOrders();  // false: stop
  void startWaiting();
  void start(Job job);
  void end(const Job& job, base::Error error);
  void endIdle();
  void reap();
  void poll();
  std::unique_ptr<CurlTransfer> take(void* easy);

  CurlUrl url_;
  CurlOptions options_;
  Report report_;
  void* multi_ = nullptr;

  std::mutex mutex_;  // guards the next one
  Orders orders_;

  // The worker thread's own.
  std::deque<Job> waiting_;                                           // calls
  std::unordered_map<void*, std::unique_ptr<CurlTransfer>> running_;  // by curl's easy handle
  std::unordered_map<std::uint64_t, CurlTransfer*> streams_;          // of them
  std::vector<std::unique_ptr<CurlTransfer>> spare_;
  std::thread thread_;
};

}  // namespace faasbatch::net
