// One transfer of libcurl.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <string>

#include "lib/base/error.h"
#include "lib/net/curl_worker.h"
#include "lib/net/http.h"

namespace faasbatch::net {

// An easy handle and the memory that curl reads and writes while it runs. Does not move; used again for later
// jobs.
struct CurlTransfer {
  CurlTransfer();
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  // False where curl refuses the request.
  bool prepare(CurlWorker::Job newJob, const CurlUrl& url, const CurlOptions& options);
  // The outcome, `code` being curl's. `where` is for the message.
  base::Result<Response> outcome(CURLcode code, const std::string& where);

  CURL* easy;
  CurlWorker::Job job;

 private:
  static std::size_t onHeader(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t onBody(char* data, std::size_t size, std::size_t count, void* self);
  bool setHeaders();
  bool setMethod();

  curl_slist* headers_ = nullptr;
  std::size_t maxBodyBytes_ = 0;
  bool bodyTooLarge_ = false;
  Response response_;
};

}  // namespace faasbatch::net
