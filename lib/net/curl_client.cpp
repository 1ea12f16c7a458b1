#include "lib/net/curl_client.h"

#include <map>
#include <utility>

#include "lib/net/curl_tls.h"
#include "lib/net/curl_worker.h"

namespace faasbatch::net {
namespace {

using Done = std::move_only_function<void(base::Result<Response>)>;

// The calls and streams under way, known on the loop's thread only: an outcome that is posted after the
// client has gone finds nobody.
struct Open {
  std::map<std::uint64_t, Done> calls;
  std::map<std::uint64_t, std::shared_ptr<CurlStream>> streams;

  void finish(std::uint64_t id, base::Result<Response> result) {
    auto node = calls.extract(id);
    if (node) node.mapped()(std::move(result));
  }
};

CurlWorker::SteadyTime steadyTime(base::Instant deadline, base::Instant now) {
  if (deadline == base::Instant::never()) return CurlWorker::SteadyTime::max();
  constexpr base::Duration kLongest = std::chrono::hours(24 * 365);
  return std::chrono::steady_clock::now() + std::min(deadline - now, kLongest);
}

class WorkerCurlClient final : public CurlClient {
 public:
  WorkerCurlClient(base::Loop& loop, const CurlUrl& url, const CurlOptions& options)
      : loop_(loop),
        shownUrl_(url.url),
        mostCalls_(options.maxConnections + options.maxWaiting),
        mostStreams_(options.maxStreams),
        maxUndelivered_(options.maxUndelivered),
        worker_(std::make_unique<CurlWorker>(
            url, options, [&loop, open = open_](std::uint64_t id, base::Result<Response> result) {
              loop.post(
                  [open, id, result = std::move(result)]() mutable { open->finish(id, std::move(result)); });
            })) {}

  ~WorkerCurlClient() override {
    worker_ = nullptr;
    for (const auto& [id, stream] : std::exchange(open_->streams, {})) stream->close();
    auto calls = std::exchange(open_->calls, {});
    for (auto& [id, done] : calls) done(base::fail("Cancelled", shownUrl_ + ": the client has closed"));
  }

  void call(Request request, base::Instant deadline, Done done) override {
    const std::uint64_t id = ++lastId_;
    const bool tooMany = open_->calls.size() >= mostCalls_;
    open_->calls.emplace(id, std::move(done));
    if (tooMany) {
      loop_.post([open = open_, id, refusal = tooManyError(mostCalls_, "calls")]() mutable {
        open->finish(id, std::unexpected(std::move(refusal)));
      });
      return;
    }
    worker_->add({.id = id, .request = std::move(request), .deadline = steadyTime(deadline, loop_.now())});
  }

  StreamId stream(Request request, base::Instant deadline, base::Duration idleTime,
                  StreamSink sink) override {
    const StreamId id = ++lastId_;
    const bool tooMany = open_->streams.size() >= mostStreams_;
    CurlStream::Hooks hooks{.onRoom = [this, id] { worker_->resume(id); },
                            .onEnd = [open = open_.get(), id] { open->streams.erase(id); }};
    auto stream = std::make_shared<CurlStream>(loop_, std::move(sink), maxUndelivered_, std::move(hooks));
    open_->streams.emplace(id, stream);
    if (tooMany) {
      stream->takeEnd(std::unexpected(tooManyError(mostStreams_, "streams")));
      return id;
    }
    worker_->add({.id = id,
                  .request = std::move(request),
                  .deadline = steadyTime(deadline, loop_.now()),
                  .stream = std::move(stream),
                  .idleTime = idleTime});
    return id;
  }

  void cancel(StreamId id) override {
    const auto node = open_->streams.extract(id);
    if (!node) return;
    node.mapped()->close();
    worker_->cancel(id);
  }

 private:
  base::Error tooManyError(std::size_t most, const char* what) const {
    return {"TooManyCalls", shownUrl_ + ": " + std::to_string(most) + " " + what + " are open already"};
  }

  base::Loop& loop_;
  std::string shownUrl_;
  std::size_t mostCalls_;
  std::size_t mostStreams_;
  std::size_t maxUndelivered_;
  std::uint64_t lastId_ = 0;
  std::shared_ptr<Open> open_ = std::make_shared<Open>();
  std::unique_ptr<CurlWorker> worker_;
};

}  // namespace

base::Result<std::unique_ptr<CurlClient>> CurlClient::make(base::Loop& loop, std::string baseUrl,
                                                           CurlOptions options) {
  const auto url = CurlUrl::parse(baseUrl, options.tls.serverName);
  if (!url) return std::unexpected(url.error());
  const auto tls = checkCurlTls(options.tls);
  if (!tls) return std::unexpected(tls.error());
  return std::make_unique<WorkerCurlClient>(loop, *url, options);
}

}  // namespace faasbatch::net
