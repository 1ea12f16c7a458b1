// A libcurl client on the loop of its own thread, called from a test's.
#pragma once

#include <stdlib.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>

#include "lib/net/curl_client.h"
#include "lib/net/loop_thread.h"

namespace faasbatch::net {

// What a stream has told so far.
struct StreamRecord {
  std::promise<int> head;
  std::promise<std::string> firstData;
  std::promise<base::Result<void>> end;
  std::string data;              // the loop's; of others after the end
  std::size_t largestPiece = 0;  // likewise
  std::atomic<int> toldData = 0;
  CurlClient::StreamId id = 0;
};

class TestCurlClient {
 public:
  TestCurlClient() { ::setenv("no_proxy", "*", 1); }
  TestCurlClient(const std::string& url, const CurlOptions& options) : TestCurlClient() {
    connect(url, options);
  }
  ~TestCurlClient() { stop(); }

  void connect(const std::string& url, const CurlOptions& options = {}) {
    thread_.on([&] { client_ = std::move(CurlClient::make(thread_.loop(), url, options).value()); });
  }
  void stop() {
    thread_.on([this] { client_ = nullptr; });
  }

  std::future<base::Result<Response>> start(Request request, base::Duration time = std::chrono::seconds(20)) {
    auto promise = std::make_shared<std::promise<base::Result<Response>>>();
    auto future = promise->get_future();
    thread_.on([&] {
      client_->call(std::move(request), thread_.loop().now() + time,
                    [promise](base::Result<Response> outcome) { promise->set_value(std::move(outcome)); });
    });
    return future;
  }
  base::Result<Response> call(Request request, base::Duration time = std::chrono::seconds(20)) {
    return start(std::move(request), time).get();
  }

  // `onData` runs on the loop, behind the record's own.
  std::shared_ptr<StreamRecord> stream(Request request, base::Duration idleTime = base::Duration(0),
                                       base::Duration time = std::chrono::seconds(20),
                                       std::function<void(StreamRecord&)> onData = nullptr) {
    auto record = std::make_shared<StreamRecord>();
    StreamSink sink;
    sink.onHead = [record](int status, const Headers&) { record->head.set_value(status); };
    sink.onData = [record, onData](std::string_view data) {
      if (record->toldData++ == 0) record->firstData.set_value(std::string(data));
      record->data += data;
      record->largestPiece = std::max(record->largestPiece, data.size());
      if (onData) onData(*record);
    };
    sink.onEnd = [record](base::Result<void> result) { record->end.set_value(std::move(result)); };
    thread_.on([&] {
      record->id =
          client_->stream(std::move(request), thread_.loop().now() + time, idleTime, std::move(sink));
    });
    return record;
  }

  LoopThread& thread() { return thread_; }
  std::unique_ptr<CurlClient>& client() { return client_; }

 private:
  LoopThread thread_;
  std::unique_ptr<CurlClient> client_;
};

}  // namespace faasbatch::net
