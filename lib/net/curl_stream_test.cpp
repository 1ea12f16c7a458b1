// Answers that go on for long.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <list>

#include "lib/net/curl_test_client.h"
#include "lib/net/test_server.h"

namespace faasbatch::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

Request get(std::string target) {
  return {.method = "GET", .target = std::move(target), .headers = {}, .body = {}};
}

// Answers "/CONTENT" with CONTENT and then what the test says; what it was asked stays open until then.
class CurlStreamTest : public testing::Test, protected TestCurlClient {
 protected:
  CurlStreamTest()
      : server_(
            [this](Request request, Responder responder) {
              if (request.path() == "/call") return echo(std::move(request), std::move(responder));
              responder.begin(request.path() == "/gone" ? 410 : 200, {});
              responder.write(request.target.substr(1));
              responder.onClosed([this] { ++closed_; });
              held_.push_back(std::move(responder));
            },
            {.maxBufferedBytes = 1 << 30}) {
    connect("http://token:secret@" + server_.endpoint().describe());
  }
  ~CurlStreamTest() override {
    stop();
    server_.on([this] { held_.clear(); });
    server_.stop();
  }

  void write(std::string data) {
    server_.on([&] { held_.back().write(std::move(data)); });
  }
  void end() {
    server_.on([this] { held_.back().end(); });
  }
  void awaitClosed(int connections) {
    while (server_.on([this] { return closed_; }) < connections) std::this_thread::yield();
  }
  // Nothing of what was posted before comes later than this.
  void settle() {
    thread().on([] {});
  }

  std::list<Responder> held_;
  int closed_ = 0;
  TestServer server_;
};

TEST_F(CurlStreamTest, HandsOnWhatHasComeWhileMoreIsUnderWay) {
  const auto record = stream(get("/first"));
  EXPECT_EQ(record->head.get_future().get(), 200);
  EXPECT_EQ(record->firstData.get_future().get(), "first");
  write("second");
  write("third");
  end();
  EXPECT_TRUE(record->end.get_future().get());
  EXPECT_EQ(record->data, "firstsecondthird");
}

TEST_F(CurlStreamTest, TellsEveryStatus) {
  const auto record = stream(get("/gone"));
  EXPECT_EQ(record->head.get_future().get(), 410);
  end();
  EXPECT_TRUE(record->end.get_future().get());
}

TEST_F(CurlStreamTest, TellsACutAnswerFromACompleteOne) {
  const auto record = stream(get("/half"));
  record->firstData.get_future().get();
  server_.on([this] { held_.back().abort(); });
  const auto result = record->end.get_future().get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, "ConnectionLost");
  EXPECT_THAT(result.error().message, Not(HasSubstr("secret")));
}

TEST_F(CurlStreamTest, EndsWhenNothingComesForTooLong) {
  const auto record = stream(get("/one"), 60ms);
  const auto result = record->end.get_future().get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, "DeadlineExceeded");
  EXPECT_THAT(result.error().message, HasSubstr("not a byte of the answer for 60 ms"));
  awaitClosed(1);  // its connection is closed
}

TEST_F(CurlStreamTest, EndsAtTheDeadline) {
  const auto record = stream(get("/one"), 0s, 60ms);
  EXPECT_EQ(record->end.get_future().get().error().kind, "DeadlineExceeded");
  const auto unlimited = stream(get("/two"), 0s, base::Duration::max());
  EXPECT_EQ(unlimited->firstData.get_future().get(), "two");
  end();
  EXPECT_TRUE(unlimited->end.get_future().get());
}

TEST_F(CurlStreamTest, TellsNothingMoreOnceCancelled) {
  const auto record = stream(get("/one"));
  record->firstData.get_future().get();
  thread().on([&] { client()->cancel(record->id); });
  awaitClosed(1);
  settle();
  EXPECT_EQ(record->end.get_future().wait_for(0s), std::future_status::timeout);
  thread().on([&] {
    client()->cancel(record->id);  // once more, and one that never was
    client()->cancel(12345);
  });
  EXPECT_TRUE(call(get("/call")));
}

TEST_F(CurlStreamTest, MayBeCancelledByItsOwnSink) {
  const auto record = stream(get("/one"), 0s, 20s, [this](StreamRecord& self) { client()->cancel(self.id); });
  awaitClosed(1);
  settle();
  EXPECT_EQ(record->toldData, 1);
  EXPECT_EQ(record->end.get_future().wait_for(0s), std::future_status::timeout);
}

TEST_F(CurlStreamTest, MayBeCancelledBeforeItHasBegun) {
  thread().on([&] {
    const auto id = client()->stream(get("/one"), thread().loop().now() + 20s, 0s, {});
    client()->cancel(id);
  });
  EXPECT_TRUE(call(get("/call")));
}

TEST_F(CurlStreamTest, EndsWithoutAWordWithItsClient) {
  const auto one = stream(get("/one"));
  const auto other = stream(get("/other"));
  one->firstData.get_future().get();
  other->firstData.get_future().get();
  stop();
  awaitClosed(2);
  settle();
  EXPECT_EQ(one->end.get_future().wait_for(0s), std::future_status::timeout);
  EXPECT_EQ(other->end.get_future().wait_for(0s), std::future_status::timeout);
}

TEST_F(CurlStreamTest, MayDestroyItsClientFromItsSink) {
  const auto record = stream(get("/one"), 0s, 20s, [this](StreamRecord&) { client() = nullptr; });
  awaitClosed(1);
  settle();
  EXPECT_EQ(record->toldData, 1);
  EXPECT_EQ(record->end.get_future().wait_for(0s), std::future_status::timeout);
}

TEST_F(CurlStreamTest, TakesNoPlaceOfACall) {
  connect("http://" + server_.endpoint().describe(), {.maxConnections = 1, .maxStreams = 3});
  std::vector<std::shared_ptr<StreamRecord>> open;
  for (int i = 0; i < 3; ++i) {
    open.push_back(stream(get("/one")));
    open.back()->firstData.get_future().get();
  }
  EXPECT_TRUE(call(get("/call")));
  const auto refused = stream(get("/one"))->end.get_future().get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, "TooManyCalls");
  EXPECT_THAT(refused.error().message, HasSubstr("3 streams"));
  thread().on([&] { client()->cancel(open.front()->id); });
  EXPECT_EQ(stream(get("/again"))->firstData.get_future().get(), "again");
}

TEST_F(CurlStreamTest, PutsManySmallPiecesTogether) {
  const auto record = stream(get("/"));
  std::string all;
  record->head.get_future().get();
  for (int i = 0; i < 10'000; ++i) {
    const std::string piece = std::to_string(i) + "\n";
    all += piece;
    write(piece);
  }
  end();
  EXPECT_TRUE(record->end.get_future().get());
  EXPECT_TRUE(record->data == all);
}

// The loop is held up while the server sends: what lies between them stays within its bound, and nothing is
// lost.
TEST_F(CurlStreamTest, IsPausedWhileTheLoopIsBehind) {
  constexpr std::size_t kBound = 64 << 10;
  constexpr std::size_t kCurlsPiece = 16 << 10;
  constexpr std::size_t kTotal = 32 << 20;
  connect("http://" + server_.endpoint().describe(), {.maxUndelivered = kBound});
  std::promise<void> goOn;
  auto mayGoOn = goOn.get_future().share();
  // An idle time that the pause would exceed by far, if it counted.
  const auto record = stream(get("/"), 5s, 60s, [mayGoOn](StreamRecord&) { mayGoOn.wait(); });
  record->head.get_future().get();
  write(std::string(kTotal, 'x'));
  // The kernel holds some of it, the client its bound: with eight times that gone, a client without a bound
  // would have it all.
  while (server_.on([this] { return held_.back().buffered(); }) > kTotal - 8 * kBound)
    std::this_thread::yield();
  goOn.set_value();
  end();
  EXPECT_TRUE(record->end.get_future().get());
  EXPECT_TRUE(record->data == std::string(kTotal, 'x'));
  EXPECT_LE(record->largestPiece, kBound + kCurlsPiece);
}

TEST_F(CurlStreamTest, NamesNoSecret) {
  std::string nobody;
  {
    TestServer gone(echo);
    nobody = gone.endpoint().describe();
  }
  connect("http://user:secret@" + nobody);
  Request request = get("/");
  request.headers.add("Authorization", "Bearer secret");
  const auto refused = stream(std::move(request))->end.get_future().get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, "ConnectFailed");
  EXPECT_THAT(refused.error().message, HasSubstr("http://" + nobody));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("secret")));
}

TEST_F(CurlStreamTest, BoundsTheHeader) {
  TestServer talkative([](Request, Responder responder) {
    Response response;
    for (int i = 0; i < 100; ++i) response.headers.add("X-" + std::to_string(i), std::string(100, 'x'));
    responder.send(std::move(response));
  });
  connect("http://" + talkative.endpoint().describe(), {.maxHeaderBytes = 4096});
  const auto refused = stream(get("/"))->end.get_future().get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, "InvalidResponse");
  EXPECT_EQ(call(get("/")).error().kind, "InvalidResponse");
}

}  // namespace
}  // namespace faasbatch::net
