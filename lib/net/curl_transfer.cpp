#include "lib/net/curl_transfer.h"

#include <algorithm>
#include <utility>

namespace faasbatch::net {
namespace {

// What is left until `deadline`, as curl takes it: at least 1, as 0 would mean no limit.
long millisUntil(CurlWorker::SteadyTime deadline) {
  constexpr std::int64_t kLongest = 24L * 3600 * 1000;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<long>(std::clamp<std::int64_t>(left, 1, kLongest));
}

// The error kinds of client.h.
std::string kindOf(CURLcode code, bool connected, bool pastDeadline) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      // Once connected only the deadline can be it.
      return connected || pastDeadline ? "DeadlineExceeded" : "ConnectFailed";
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
      return "ConnectFailed";
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return "InvalidResponse";
    default:
      return connected ? "ConnectionLost" : "ConnectFailed";
  }
}

std::string oneLine(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return text;
}

}  // namespace

CurlTransfer::CurlTransfer() : easy(curl_easy_init()) {}

CurlTransfer::~CurlTransfer() {
  curl_slist_free_all(headers_);
  curl_easy_cleanup(easy);
}

bool CurlTransfer::prepare(CurlWorker::Job newJob, const CurlUrl& url, const CurlOptions& options) {
  job = std::move(newJob);
  response_ = {};
  bodyTooLarge_ = false;
  maxBodyBytes_ = options.maxBodyBytes;
  curl_easy_reset(easy);  // keeps connections and the DNS cache
  const auto connectMillis = std::chrono::ceil<std::chrono::milliseconds>(options.connectTime).count();
  bool ok = curl_easy_setopt(easy, CURLOPT_URL, (url.url + job.request.target).c_str()) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, millisUntil(job.deadline)) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connectMillis)) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &onHeader) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_HEADERDATA, this) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &onBody) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_WRITEDATA, this) == CURLE_OK;
  if (!url.user.empty() || !url.password.empty()) {
    ok = ok && curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_USERNAME, url.user.c_str()) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_PASSWORD, url.password.c_str()) == CURLE_OK;
  }
  return ok && setMethod() && setHeaders();
}

bool CurlTransfer::setMethod() {
  const Request& request = job.request;
  if (request.method == "HEAD") return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
  if (request.body.empty() && request.method == "GET") return true;
  bool ok = true;
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    const auto size = static_cast<curl_off_t>(request.body.size());
    ok = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, size) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data()) == CURLE_OK;
  }
  return ok && curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, oneLine(request.method).c_str()) == CURLE_OK;
}

bool CurlTransfer::setHeaders() {
  curl_slist_free_all(std::exchange(headers_, nullptr));
  const auto append = [this](const std::string& line) {
    curl_slist* const longer = curl_slist_append(headers_, line.c_str());
    if (longer != nullptr) headers_ = longer;
    return longer != nullptr;
  };
  // Of its own, curl would wait for "100 Continue" with large bodies, and call every body a form.
  bool ok = append("Expect:");
  if (!job.request.headers.find("Content-Type")) ok = ok && append("Content-Type:");
  for (const auto& [name, value] : job.request.headers) {
    ok = ok && append(oneLine(value.empty() ? name + ";" : name + ": " + value));
  }
  return ok && curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_) == CURLE_OK;
}

std::size_t CurlTransfer::onHeader(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  std::string_view line(data, size * count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  const auto colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    transfer.response_.headers = {};  // those before belong to an interim answer
  } else if (colon != line.npos) {
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    transfer.response_.headers.add(std::string(line.substr(0, colon)), std::string(value));
  }
  return size * count;
}

std::size_t CurlTransfer::onBody(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  std::string& body = transfer.response_.body;
  if (size * count > transfer.maxBodyBytes_ - body.size()) {
    transfer.bodyTooLarge_ = true;
    return 0;
  }
  body.append(data, size * count);
  return size * count;
}

base::Result<Response> CurlTransfer::outcome(CURLcode code, const std::string& where) {
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    return std::move(response_);
  }
  if (bodyTooLarge_) {
    return base::fail("BodyTooLarge",
                      where + ": the body is larger than " + std::to_string(maxBodyBytes_) + " bytes");
  }
  curl_off_t connectMicros = 0;
  curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connectMicros);
  constexpr auto kCurlsPrecision = std::chrono::milliseconds(2);  // it counts in whole milliseconds
  const bool pastDeadline = std::chrono::steady_clock::now() + kCurlsPrecision >= job.deadline;
  return base::fail(kindOf(code, connectMicros > 0, pastDeadline), where + ": " + curl_easy_strerror(code));
}

}  // namespace faasbatch::net
