#include "runtime/multiplexer/couchdb/couchdb_backend.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>
#include <string_view>
#include <utility>

#include "lib/base/base64.h"
#include "lib/json/members.h"
#include "lib/json/write.h"
#include "lib/net/curl_client.h"
#include "lib/net/http.h"
#include "runtime/multiplexer/backoff.h"

namespace faasbatch::multiplexer {
namespace {

constexpr std::size_t kMaxConnections = 8;
constexpr base::Duration kConflictPause = std::chrono::milliseconds(1);
constexpr int kMaxDoublings = 6;
constexpr std::string_view kExpires = "; expires=";

double secondsSinceEpoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string contentTypeOf(const StoreRequest& request) {
  std::string type = request.isJson ? "application/json" : "application/octet-stream";
  if (request.ttlSeconds > 0)
    type += std::string(kExpires) + std::to_string(secondsSinceEpoch() + request.ttlSeconds);
  return type;
}

bool isExpired(std::string_view contentType) {
  const std::size_t at = contentType.find(kExpires);
  if (at == std::string_view::npos) return false;
  return std::atof(std::string(contentType.substr(at + kExpires.size())).c_str()) < secondsSinceEpoch();
}

// The revision of a document, which comes without its attachments. (Not the ETag: not every server that
// speaks the protocol makes the one out of the other.)
std::string revisionOf(const net::Response& response) {
  const auto members = json::members(response.body);
  const auto raw = members ? json::find(*members, "_rev") : std::nullopt;
  return raw ? json::asString(*raw).value_or("") : "";
}

// One request of the store, which may take several of HTTP.
struct Work {
  StoreRequest request;
  base::Instant deadline;
  Backend::Done done;
  std::string document;  // path
  std::string revision;
  int conflicts = 0;
  bool madeDatabase = false;
};
using WorkPtr = std::shared_ptr<Work>;

class CouchDbBackend final : public Backend {
 public:
  CouchDbBackend(base::Loop& loop, std::unique_ptr<net::CurlClient> client)
      : loop_(loop), client_(std::move(client)) {}

  void run(StoreRequest request, base::Instant deadline, Done done) override {
    if (inFlight_ >= kMaxInFlight || !backoff_.mayTry(loop_.now())) {
      const std::string why =
          inFlight_ >= kMaxInFlight ? "more than 1024 requests are under way" : lastError_;
      loop_.post([done = std::move(done), why]() mutable {
        done(base::fail("StoreUnavailable", "CouchDB: " + why));
      });
      return;
    }
    ++inFlight_;
    auto work = std::make_shared<Work>(Work{std::move(request), deadline, std::move(done), "", "", 0, false});
    work->document = "/" + net::percentEncode("store:" + work->request.key);
    step(work);
  }

  ConnectionCounts counts() const override { return counts_; }

 private:
  void finish(const WorkPtr& work, base::Result<StoreAnswer> answer) {
    --inFlight_;
    work->done(std::move(answer));
  }
  void fail(const WorkPtr& work, const std::string& why) {
    finish(work, base::fail("StoreUnavailable", "CouchDB: " + why));
  }

  void send(const WorkPtr& work, net::Request request, std::move_only_function<void(net::Response)> next) {
    client_->call(std::move(request), work->deadline,
                  [this, work, next = std::move(next)](base::Result<net::Response> response) mutable {
                    if (!response) return onLost(work, response.error());
                    if (counts_.open == 0) ++counts_.opened;
                    counts_.open = 1;
                    backoff_.succeeded();
                    next(std::move(*response));
                  });
  }

  void onLost(const WorkPtr& work, const base::Error& error) {
    ++counts_.failed;
    counts_.open = 0;
    lastError_ = error.message;
    if (error.kind == "ConnectFailed") backoff_.failed(loop_.now());
    fail(work, error.message);
  }

  static net::Request requestFor(std::string method, std::string target) {
    net::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    return request;
  }

  void step(const WorkPtr& work) {
    switch (work->request.op) {
      case StoreRequest::Op::kGet:
        return get(work);
      case StoreRequest::Op::kPut:
        return put(work);
      case StoreRequest::Op::kDelete:
        return withRevision(work);
    }
  }

  void get(const WorkPtr& work) {
    send(work, requestFor("GET", work->document + "/value"), [this, work](net::Response response) {
      if (response.status == 404) return finish(work, StoreAnswer{});
      if (response.status != 200) return fail(work, "GET answered " + std::to_string(response.status));
      const std::string_view type = response.headers.find("Content-Type").value_or("");
      if (isExpired(type)) return finish(work, StoreAnswer{});
      finish(work, StoreAnswer{true, type.starts_with("application/json"), std::move(response.body)});
    });
  }

  // The document with its attachment, in one request: over a deleted document too, which the attachment alone
  // could not be put to.
  void put(const WorkPtr& work) {
    net::Request request = requestFor("PUT", work->document);
    request.headers.add("Content-Type", "application/json");
    json::Object document(request.body);
    if (!work->revision.empty()) document.text("_rev", work->revision);
    json::Object attachments(document.key("_attachments"));
    json::Object value(attachments.key("value"));
    value.text("content_type", contentTypeOf(work->request));
    std::string& data = value.key("data");
    data += '"';
    base::appendBase64(data, work->request.value);
    data += '"';
    value.end();
    attachments.end();
    document.end();
    send(work, std::move(request), [this, work](const net::Response& response) {
      if (response.status == 409) return conflict(work);
      if (response.status == 404 && !std::exchange(work->madeDatabase, true)) return makeDatabase(work);
      if (response.status == 413) {
        return finish(work, base::fail("ValueTooLarge", "CouchDB takes no value of " +
                                                            std::to_string(work->request.value.size()) +
                                                            " bytes; raise max_document_size there"));
      }
      if (response.status < 200 || response.status > 299)
        return fail(work, "PUT answered " + std::to_string(response.status));
      finish(work, StoreAnswer{});
    });
  }

  // Again after a pause that grows and is never the same: writers that collide once must not collide for
  // ever.
  void conflict(const WorkPtr& work) {
    ++work->conflicts;
    const auto longest = kConflictPause * (1 << std::min(work->conflicts, kMaxDoublings));
    const base::Duration pause(
        std::uniform_int_distribution<base::Duration::rep>(0, longest.count())(random_));
    if (loop_.now() + pause >= work->deadline) return fail(work, "others write the same key all the time");
    loop_.after(pause, [this, work, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) withRevision(work);
    });
  }

  // Learns the current revision, then writes over it or deletes it.
  void withRevision(const WorkPtr& work) {
    send(work, requestFor("GET", work->document), [this, work](const net::Response& response) {
      const bool isDelete = work->request.op == StoreRequest::Op::kDelete;
      if (response.status == 404 && isDelete) return finish(work, StoreAnswer{});
      if (response.status != 200 && response.status != 404)
        return fail(work, "GET of the revision answered " + std::to_string(response.status));
      work->revision = response.status == 200 ? revisionOf(response) : "";
      if (isDelete) return remove(work);
      put(work);
    });
  }

  void remove(const WorkPtr& work) {
    send(work, requestFor("DELETE", work->document + "?rev=" + net::percentEncode(work->revision)),
         [this, work](const net::Response& response) {
           if (response.status == 409) return conflict(work);
           if (response.status != 404 && (response.status < 200 || response.status > 299))
             return fail(work, "DELETE answered " + std::to_string(response.status));
           finish(work, StoreAnswer{});
         });
  }

  void makeDatabase(const WorkPtr& work) {
    send(work, requestFor("PUT", ""), [this, work](const net::Response& response) {
      constexpr int kExists = 412;
      if (response.status != kExists && (response.status < 200 || response.status > 299))
        return fail(work,
                    "the database is missing and making it answered " + std::to_string(response.status));
      put(work);
    });
  }

  base::Loop& loop_;
  std::size_t inFlight_ = 0;
  Backoff backoff_;
  ConnectionCounts counts_;
  std::string lastError_;
  std::minstd_rand random_{std::random_device()()};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<net::CurlClient> client_;  // last: its end calls back
};

}  // namespace

base::Result<std::unique_ptr<Backend>> makeCouchDb(base::Loop& loop, const std::string& url) {
  net::CurlOptions options;
  options.maxConnections = kMaxConnections;
  auto client = net::CurlClient::make(loop, url.substr(0, url.find_last_not_of('/') + 1), options);
  if (!client) return base::fail("StoreUnavailable", "store.url: " + client.error().message);
  return std::make_unique<CouchDbBackend>(loop, std::move(*client));
}

}  // namespace faasbatch::multiplexer
