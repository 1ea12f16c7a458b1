#include "node-agent/stores/couch_client.h"

#include <algorithm>
#include <utility>

#include "lib/net/curl_url.h"
#include "node-agent/stores/couch_document.h"

namespace faasbatch::stores {
namespace {

constexpr std::size_t kMaxAnswerBytes = kMaxValueBytes / 3 * 4 + (1 << 20);  // the largest value in base64
constexpr std::size_t kMaxConnections = 8;
constexpr std::size_t kMaxWaitingCalls = 10'000;

bool databaseMissing(const net::Response& response) {
  if (response.status != 404) return false;
  const std::string reason = decodeProblem(response.body).reason;
  return reason != "missing" && reason != "deleted";
}

}  // namespace

base::Result<std::unique_ptr<CouchClient>> CouchClient::make(base::Loop& loop, const std::string& url) {
  const auto parsed = net::CurlUrl::parse(url);
  if (!parsed) return std::unexpected(parsed.error());
  const std::size_t host = parsed->url.find("://") + 3;
  const std::size_t slash = parsed->url.find('/', host);
  if (slash == std::string::npos || slash + 1 == parsed->url.size()) {
    return base::fail(
        "InvalidUrl",
        "the URL of the CouchDB store names no database; write http://[user:password@]host:port/database");
  }
  auto curl = net::CurlClient::make(
      loop, url,
      {.maxConnections = kMaxConnections, .maxWaiting = kMaxWaitingCalls, .maxBodyBytes = kMaxAnswerBytes});
  if (!curl) return std::unexpected(curl.error());
  return std::unique_ptr<CouchClient>(
      new CouchClient(loop, "the CouchDB at " + parsed->url, std::move(*curl)));
}

CouchClient::CouchClient(base::Loop& loop, std::string where, std::unique_ptr<net::CurlClient> curl)
    : loop_(loop), where_(std::move(where)), curl_(std::move(curl)) {}

CouchClient::~CouchClient() { *alive_ = false; }

base::Error CouchClient::errorOf(const base::Result<net::Response>& result) const {
  if (!result) {
    const bool slow = result.error().kind == "DeadlineExceeded";
    return {"StoreUnavailable", where_ + (slow ? " is slow: the deadline has passed"
                                               : " does not answer: " + result.error().message)};
  }
  const CouchProblem problem = decodeProblem(result->body);
  const std::string said =
      " [" + std::to_string(result->status) + " " + problem.error + ": " + problem.reason + "]";
  switch (result->status) {
    case 401:
    case 403:
      return {
          "StoreUnavailable",
          where_ + " does not accept the user or password: check the URL that the agent was given" + said};
    case 404:
      return {"StoreUnavailable", where_ + " has lost its database: try again" + said};
    case 413:
      return {
          "ValueTooLarge",
          where_ +
              " does not take a value of this size: raise its max_attachment_size and max_http_request_size" +
              said};
    case 507:
      return {"StoreUnavailable", where_ + " is full: free some space on its disk" + said};
    default:
      return {"StoreUnavailable", where_ + " refuses" + said};
  }
}

void CouchClient::call(std::string method, std::string target, std::string body, base::Instant deadline,
                       Done done, std::string ifMatch) {
  auto call = std::make_shared<Call>();
  call->request.method = std::move(method);
  call->request.target = std::move(target);
  call->request.body = std::move(body);
  call->request.headers.add("Accept", "application/json");
  if (!call->request.body.empty()) call->request.headers.add("Content-Type", "application/json");
  if (!ifMatch.empty()) call->request.headers.add("If-Match", "\"" + ifMatch + "\"");
  call->deadline = std::min(deadline, loop_.now() + kCouchLongestCall);
  call->done = std::move(done);
  start(std::move(call));
}

void CouchClient::start(std::shared_ptr<Call> call) {
  if (state_ == State::kReady) return send(call);
  waiting_.push_back(std::move(call));
  if (state_ == State::kUnknown) openDatabase();
}

void CouchClient::send(const std::shared_ptr<Call>& call) {
  net::Request request = call->again ? std::move(call->request) : call->request;
  curl_->call(std::move(request), call->deadline,
              [this, alive = alive_, call](base::Result<net::Response> result) {
                if (*alive) ended(call, std::move(result));
              });
}

void CouchClient::ended(const std::shared_ptr<Call>& call, base::Result<net::Response> result) {
  if (result && databaseMissing(*result) && !std::exchange(call->again, true)) {
    if (state_ == State::kReady) state_ = State::kUnknown;
    return start(call);
  }
  const bool fine = result && !databaseMissing(*result) &&
                    (result->status < 300 || result->status == 404 || result->status == 409);
  call->done(fine ? std::move(result) : std::unexpected(errorOf(result)));
}

void CouchClient::request(std::string method, std::string target, std::string body, base::Instant deadline,
                          Done done) {
  net::Request request{std::move(method), std::move(target), {}, std::move(body)};
  if (!request.body.empty()) request.headers.add("Content-Type", "application/json");
  curl_->call(std::move(request), deadline,
              [alive = alive_, done = std::move(done)](base::Result<net::Response> result) mutable {
                if (*alive) done(std::move(result));
              });
}

// Asked for before it is made: a user who may not make databases may use one that is there.
void CouchClient::openDatabase() {
  state_ = State::kAsking;
  request("GET", "", "", loop_.now() + kCouchOpenTime, [this](base::Result<net::Response> result) {
    if (result && result->status == 404) return makeDatabase();
    opened(result);
  });
}

void CouchClient::makeDatabase() {
  request("PUT", "", "", loop_.now() + kCouchOpenTime, [this](base::Result<net::Response> result) {
    constexpr int kThereAlready = 412;
    if (result && result->status == kThereAlready) result->status = 200;
    if (result && result->status < 300) makeIndex();
    opened(result);
  });
}

void CouchClient::opened(const base::Result<net::Response>& result) {
  const bool ready = result && result->status < 300;
  state_ = ready ? State::kReady : State::kUnknown;
  const auto waiting = std::exchange(waiting_, {});
  if (ready) {
    for (const auto& call : waiting) send(call);
    return;
  }
  // Last: a callback may do anything, even destroy this client.
  const base::Error error = errorOf(result);
  for (const auto& call : waiting) call->done(std::unexpected(error));
}

// For the search for what has expired; without it (a user without the right) the search is slower.
void CouchClient::makeIndex() {
  request("POST", "/_index",
          R"({"index":{"fields":["expires"]},"ddoc":"faasbatch","name":"expires","type":"json"})",
          loop_.now() + kCouchLongestCall, [](const base::Result<net::Response>&) {});
}

}  // namespace faasbatch::stores
