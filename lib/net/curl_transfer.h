// One transfer of libcurl.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

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

  // For `job`; false where curl refuses the request. `url` and `options` must outlive the transfer.
  bool prepare(const CurlUrl& url, const CurlOptions& options);
  // Of a stream: there is room again.
  void resume();
  // When a stream ends for want of bytes; max() where it does not, or is paused.
  CurlWorker::SteadyTime idleDeadline() const;
  // The outcome, `code` being curl's; of a stream without the answer. `where` is for the message.
  base::Result<Response> outcome(CURLcode code, const std::string& where);

  CURL* easy;
  CurlWorker::Job job;

 private:
  static std::size_t onHeader(char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t onSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static std::size_t onBody(char* data, std::size_t size, std::size_t count, void* self);
  bool takeHeaderLine(std::string_view line);
  void takeEndOfHead();
  bool setTransport(const CurlUrl& url, const CurlOptions& options);
  bool setHeaders(const CurlUrl& url);
  bool setMethod();
  bool hasSent() const;
  std::string reason(CURLcode code) const;

  curl_slist* headers_ = nullptr;
  curl_slist* connectTo_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> details_{};
  std::size_t maxHeaderBytes_ = 0;
  std::size_t maxBodyBytes_ = 0;
  std::size_t headerBytes_ = 0;
  bool headerTooLarge_ = false;
  bool bodyTooLarge_ = false;
  bool paused_ = false;
  bool refusedLocal_ = false;
  CurlWorker::SteadyTime lastByte_;
  Response response_;
};

}  // namespace faasbatch::net
