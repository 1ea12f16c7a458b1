#include "lib/net/curl_client.h"

#include <map>
#include <utility>

#include "lib/net/curl_worker.h"

namespace faasbatch::net {
namespace {

using Done = std::move_only_function<void(base::Result<Response>)>;

// The calls under way, known on the loop's thread only: an outcome that is posted after the client has gone
// finds nobody.
struct Calls {
  std::map<std::uint64_t, Done> open;

  void finish(std::uint64_t id, base::Result<Response> result) {
    auto node = open.extract(id);
    if (node) node.mapped()(std::move(result));
  }
};

class WorkerCurlClient final : public CurlClient {
 public:
  WorkerCurlClient(base::Loop& loop, const CurlUrl& url, const CurlOptions& options)
      : loop_(loop),
        shownUrl_(url.url),
        most_(options.maxConnections + options.maxWaiting),
        worker_(std::make_unique<CurlWorker>(
            url, options, [&loop, calls = calls_](std::uint64_t id, base::Result<Response> result) {
              loop.post([calls, id, result = std::move(result)]() mutable {
                calls->finish(id, std::move(result));
              });
            })) {}

  ~WorkerCurlClient() override {
    worker_ = nullptr;
    auto open = std::exchange(calls_->open, {});
    for (auto& [id, done] : open) done(base::fail("Cancelled", shownUrl_ + ": the client has closed"));
  }

  void call(Request request, base::Instant deadline, Done done) override {
    const std::uint64_t id = ++lastId_;
    const bool tooMany = calls_->open.size() >= most_;
    calls_->open.emplace(id, std::move(done));
    if (tooMany) {
      loop_.post([calls = calls_, id, where = shownUrl_, most = most_] {
        calls->finish(
            id, base::fail("TooManyCalls", where + ": " + std::to_string(most) + " calls are open already"));
      });
      return;
    }
    constexpr base::Duration kLongest = std::chrono::hours(24);
    const base::Duration left = std::min(deadline - loop_.now(), kLongest);
    worker_->add({id, std::move(request), std::chrono::steady_clock::now() + left});
  }

 private:
  base::Loop& loop_;
  std::string shownUrl_;
  std::size_t most_;
  std::uint64_t lastId_ = 0;
  std::shared_ptr<Calls> calls_ = std::make_shared<Calls>();
  std::unique_ptr<CurlWorker> worker_;
};

}  // namespace

base::Result<std::unique_ptr<CurlClient>> CurlClient::make(base::Loop& loop, std::string baseUrl,
                                                           CurlOptions options) {
  const auto url = CurlUrl::parse(baseUrl);
  if (!url) return std::unexpected(url.error());
  return std::make_unique<WorkerCurlClient>(loop, *url, options);
}

}  // namespace faasbatch::net
