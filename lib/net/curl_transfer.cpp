#include "lib/net/curl_transfer.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "lib/net/curl_tls.h"
#include "lib/net/local_address.h"

namespace faasbatch::net {
namespace {

// What is left until `deadline`, as curl takes it: at least 1, as 0 means no limit.
long millisUntil(CurlWorker::SteadyTime deadline) {
  if (deadline == CurlWorker::SteadyTime::max()) return 0;
  constexpr std::int64_t kLongest = 24L * 3600 * 1000;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<long>(std::clamp<std::int64_t>(left, 1, kLongest));
}

// The error kinds of client.h.
std::string kindOf(CURLcode code, bool sent, bool pastDeadline) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      // Once connected only the deadline can be it.
      return sent || pastDeadline ? "DeadlineExceeded" : "ConnectFailed";
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
      return "ConnectFailed";
    case CURLE_TOO_MANY_REDIRECTS:
      return "TooManyRedirects";
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return "InvalidResponse";
    default:
      return sent ? "ConnectionLost" : "ConnectFailed";
  }
}

// Whether what curl has noted down on the way may be shown. Of these it names hosts, certificates and system
// errors; of others, such as a proxy that cannot be read, it may repeat a URL with a password.
bool mayBeShown(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
      return true;
    default:
      return false;
  }
}

std::string oneLine(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return text;
}

bool append(curl_slist*& list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(list, line.c_str());
  if (longer != nullptr) list = longer;
  return longer != nullptr;
}

}  // namespace

CurlTransfer::CurlTransfer() : easy(curl_easy_init()) {}

CurlTransfer::~CurlTransfer() {
  curl_easy_cleanup(easy);
  curl_slist_free_all(headers_);
  curl_slist_free_all(connectTo_);
}

bool CurlTransfer::prepare(const CurlUrl& url, const CurlOptions& options) {
  response_ = {};
  headerBytes_ = 0;
  headerTooLarge_ = bodyTooLarge_ = paused_ = refusedLocal_ = false;
  maxHeaderBytes_ = options.maxHeaderBytes;
  maxBodyBytes_ = options.maxBodyBytes;
  lastByte_ = std::chrono::steady_clock::now();
  details_[0] = '\0';
  curl_easy_reset(easy);  // keeps connections and the DNS cache
  bool ok = curl_easy_setopt(easy, CURLOPT_URL, (url.sent + job.request.target).c_str()) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, details_.data()) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &onHeader) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_HEADERDATA, this) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &onBody) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_WRITEDATA, this) == CURLE_OK;
  if (!url.user.empty() || !url.password.empty()) {
    ok = ok && curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_USERNAME, url.user.c_str()) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_PASSWORD, url.password.c_str()) == CURLE_OK;
  }
  return ok && setTransport(url, options) && setMethod() && setHeaders(url);
}

bool CurlTransfer::setTransport(const CurlUrl& url, const CurlOptions& options) {
  const auto connectMillis = std::chrono::ceil<std::chrono::milliseconds>(options.connectTime).count();
  bool ok = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, millisUntil(job.deadline)) == CURLE_OK;
  ok = ok && curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connectMillis)) == CURLE_OK;
  // No proxy leads to what is on this machine, whatever the environment says.
  if (url.loopback) ok = ok && curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK;
  if (options.refuseLocal) {
    ok = ok && curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &onSocket) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this) == CURLE_OK;
  }
  if (options.maxRedirects > 0) {
    ok = ok && curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_MAXREDIRS, options.maxRedirects) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK;
  }
  curl_slist_free_all(std::exchange(connectTo_, nullptr));
  if (!url.connectTo.empty()) {
    ok = ok && append(connectTo_, url.connectTo);
    ok = ok && curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connectTo_) == CURLE_OK;
  }
  return ok && setCurlTls(easy, options.tls);
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

bool CurlTransfer::setHeaders(const CurlUrl& url) {
  curl_slist_free_all(std::exchange(headers_, nullptr));
  // Of its own, curl would wait for "100 Continue" with large bodies, and call every body a form.
  bool ok = append(headers_, "Expect:");
  const Headers& headers = job.request.headers;
  if (!headers.find("Content-Type")) ok = ok && append(headers_, "Content-Type:");
  if (!url.host.empty() && !headers.find("Host")) ok = ok && append(headers_, "Host: " + url.host);
  for (const auto& [name, value] : headers) {
    ok = ok && append(headers_, oneLine(value.empty() ? name + ";" : name + ": " + value));
  }
  return ok && curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_) == CURLE_OK;
}

void CurlTransfer::resume() {
  if (!std::exchange(paused_, false)) return;
  lastByte_ = std::chrono::steady_clock::now();
  curl_easy_pause(easy, CURLPAUSE_CONT);  // gives what it has held back, and may pause again
}

CurlWorker::SteadyTime CurlTransfer::idleDeadline() const {
  if (job.idleTime.count() <= 0 || paused_) return CurlWorker::SteadyTime::max();
  return lastByte_ + job.idleTime;
}

std::size_t CurlTransfer::onHeader(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<CurlTransfer*>(self)->takeHeaderLine({data, size * count}) ? size * count : 0;
}

bool CurlTransfer::takeHeaderLine(std::string_view line) {
  lastByte_ = std::chrono::steady_clock::now();
  headerBytes_ += line.size();
  headerTooLarge_ = headerBytes_ > maxHeaderBytes_;
  if (headerTooLarge_) return false;
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  const auto colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    response_ = {};  // what came before was an interim answer, or a redirection
  } else if (line.empty()) {
    takeEndOfHead();
  } else if (colon != line.npos) {
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    response_.headers.add(std::string(line.substr(0, colon)), std::string(value));
  }
  return true;
}

void CurlTransfer::takeEndOfHead() {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  const bool interim = status < 200;
  if (job.stream && !interim) job.stream->takeHead(response_.status, std::move(response_.headers));
}

// Asked with each address that curl is about to connect to, after names were resolved.
curl_socket_t CurlTransfer::onSocket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  if (isLocalAddress(address->addr)) {
    static_cast<CurlTransfer*>(self)->refusedLocal_ = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t CurlTransfer::onBody(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const std::string_view piece(data, size * count);
  transfer.lastByte_ = std::chrono::steady_clock::now();
  if (transfer.job.stream) {
    transfer.paused_ = !transfer.job.stream->takeData(piece);
    return transfer.paused_ ? CURL_WRITEFUNC_PAUSE : piece.size();
  }
  std::string& body = transfer.response_.body;
  transfer.bodyTooLarge_ = piece.size() > transfer.maxBodyBytes_ - body.size();
  if (transfer.bodyTooLarge_) return 0;
  body.append(piece);
  return piece.size();
}

bool CurlTransfer::hasSent() const {
  long bytes = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0;
}

std::string CurlTransfer::reason(CURLcode code) const {
  const std::string general = curl_easy_strerror(code);
  const bool shown = details_[0] != '\0' && general != details_.data() && mayBeShown(code);
  return shown ? general + " (" + oneLine(details_.data()) + ")" : general;
}

base::Result<Response> CurlTransfer::outcome(CURLcode code, const std::string& where) {
  if (code == CURLE_OK) return std::move(response_);
  if (headerTooLarge_) {
    const std::string most = std::to_string(maxHeaderBytes_);
    return base::fail("InvalidResponse", where + ": the header is larger than " + most + " bytes");
  }
  if (bodyTooLarge_) {
    const std::string most = std::to_string(maxBodyBytes_);
    return base::fail("BodyTooLarge", where + ": the body is larger than " + most + " bytes");
  }
  if (refusedLocal_) {
    return base::fail("ConnectFailed",
                      where + ": it leads to an address of this machine or its link, which is not allowed");
  }
  constexpr auto kCurlsPrecision = std::chrono::milliseconds(2);  // it counts in whole milliseconds
  const bool pastDeadline = std::chrono::steady_clock::now() + kCurlsPrecision >= job.deadline;
  return base::fail(kindOf(code, hasSent(), pastDeadline), where + ": " + reason(code));
}

}  // namespace faasbatch::net
