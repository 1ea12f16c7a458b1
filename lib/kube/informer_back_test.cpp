// Informers whose server was away, on a fake clock.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/fake_loop.h"
#include "lib/kube/informer.h"
#include "lib/kube/watch.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;

// Fails every list and watch as `error` says, at once; who waits for the server is told when the test says
// so.
class AwayClient final : public Client {
 public:
  explicit AwayClient(base::Loop& loop) : loop_(loop) {}

  void list(const Resource& /*resource*/, const Selection& /*selection*/, std::size_t /*limit*/,
            const std::string& /*next*/, Done<Page> done) override {
    ++lists;
    loop_.post([this, done = std::move(done)]() mutable {
      if (error) return done(std::unexpected(*error));
      done(Page{.items = {}, .resourceVersion = "1", .next = {}});
    });
  }
  WatchId watch(const Resource& /*resource*/, const Selection& /*selection*/,
                const std::string& /*resourceVersion*/, base::Duration /*timeout*/, WatchSink sink) override {
    ++watches;
    sinks.push_back(std::move(sink));
    return sinks.size();
  }
  void cancel(WatchId /*watch*/) override {}
  WaitId whenBack(std::move_only_function<void()> back) override {
    waiting.emplace(++lastWait_, std::move(back));
    return lastWait_;
  }
  void waitNoMore(WaitId wait) override { waiting.erase(wait); }
  void back() {
    error.reset();
    for (auto& [id, told] : std::exchange(waiting, {})) told();
  }

  void get(const Resource& /*r*/, const ObjectKey& /*k*/, Done<Object> /*d*/) override {}
  void getMetadata(const Resource& /*r*/, const ObjectKey& /*k*/, Done<Object> /*d*/) override {}
  void table(const Resource& /*r*/, const Selection& /*s*/, const std::string& /*n*/, std::size_t /*l*/,
             const std::string& /*c*/, Done<std::string> /*d*/) override {}
  void create(const Resource& /*r*/, const std::string& /*n*/, std::string /*j*/, WriteOptions /*o*/,
              Done<Object> /*d*/) override {}
  void replace(const Resource& /*r*/, const ObjectKey& /*k*/, std::string /*j*/, WriteOptions /*o*/,
               Done<Object> /*d*/) override {}
  void patch(const Resource& /*r*/, const ObjectKey& /*k*/, PatchType /*t*/, std::string /*b*/,
             WriteOptions /*o*/, Done<Object> /*d*/) override {}
  void remove(const Resource& /*r*/, const ObjectKey& /*k*/, DeleteOptions /*o*/, Done<void> /*d*/) override {
  }
  void raw(const std::string& /*p*/, Done<std::string> /*d*/) override {}
  const Access& access() const override { return access_; }
  std::uint64_t requests() const override { return 0; }

  std::optional<ApiError> error = ApiError{.reason = "Unreachable"};
  std::map<WaitId, std::move_only_function<void()>> waiting;
  std::vector<WatchSink> sinks;
  std::size_t lists = 0;
  std::size_t watches = 0;

 private:
  base::Loop& loop_;
  Access access_;
  WaitId lastWait_ = 0;
};

class InformerBackTest : public testing::Test {
 protected:
  // As an agent has them: several at one client, each with its own random waits.
  static constexpr std::size_t kInformers = 20;

  void start() {
    for (std::size_t i = 0; i < kInformers; ++i)
      informers_.push_back(Informer::start(loop_, client_, {.resource = kPods}, {}));
  }
  std::size_t synced() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(informers_, [](const auto& informer) { return informer->synced(); }));
  }

  base::FakeLoop loop_;
  AwayClient client_{loop_};
  std::vector<std::unique_ptr<Informer>> informers_;
};

TEST_F(InformerBackTest, AllAreUpToDateAtOnceAfterALongOutage) {
  start();
  loop_.advance(10min);
  EXPECT_EQ(client_.waiting.size(), kInformers);
  client_.back();
  loop_.advance(kBackSpread);
  EXPECT_EQ(synced(), kInformers);
  EXPECT_EQ(client_.watches, kInformers);
  EXPECT_TRUE(client_.waiting.empty());
}

TEST_F(InformerBackTest, DoNotComeBackTogether) {
  start();
  loop_.advance(10min);
  client_.back();
  std::size_t most = 0;
  for (int i = 0; i < 10; ++i) {
    const std::size_t before = synced();
    loop_.advance(kBackSpread / 10);
    most = std::max(most, synced() - before);
  }
  EXPECT_EQ(synced(), kInformers);
  EXPECT_LT(most, kInformers / 2);
}

TEST_F(InformerBackTest, WaitOnWhereTheServerHadAnswered) {
  client_.error = ApiError{.status = 503, .reason = "ServiceUnavailable"};
  start();
  loop_.advance(10min);
  EXPECT_TRUE(client_.waiting.empty());
}

TEST_F(InformerBackTest, AServerThatOnlySeemsToBeBackIsNotAskedEverFaster) {
  start();
  loop_.advance(10min);
  client_.lists = 0;
  for (int i = 0; i < 600; ++i) {  // for ten minutes, every second
    client_.back();
    client_.error = ApiError{.reason = "Unreachable"};
    loop_.advance(1s);
  }
  EXPECT_LT(client_.lists, kInformers * (600 / 15 + 30));  // 15 s: the mean of the longest backoff
}

TEST_F(InformerBackTest, EndWhileTheyWait) {
  start();
  loop_.advance(1min);
  informers_.clear();
  EXPECT_TRUE(client_.waiting.empty());
  client_.back();
  loop_.advance(1min);
  EXPECT_EQ(loop_.pendingTimers(), 0U);
}

}  // namespace
}  // namespace faasbatch::kube
