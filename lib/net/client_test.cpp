#include "lib/net/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "lib/net/raw_peer.h"
#include "lib/net/test_server.h"

namespace faasbatch::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Outcome = base::Result<Response>;

// A client on the loop of its own thread, called from the test's.
class TestClient {
 public:
  explicit TestClient(const Address& address, ClientOptions options = {}) {
    thread_.on(
        [&] { client_ = Client::make(thread_.loop(), address, optionsFor(address, std::move(options))); });
  }
  ~TestClient() { stop(); }

  void stop() {
    thread_.on([this] { client_ = nullptr; });
  }

  std::future<Outcome> start(Request request, base::Duration time = 20s, bool idempotent = false) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    auto future = promise->get_future();
    thread_.on([&] {
      const base::Instant deadline = thread_.loop().now() + time;
      last_ = client_->call(
          std::move(request), deadline,
          [promise](Outcome outcome) { promise->set_value(std::move(outcome)); }, idempotent);
    });
    return future;
  }

  Outcome call(Request request, base::Duration time = 20s) { return start(std::move(request), time).get(); }

  void cancelLast() {
    thread_.on([this] { client_->cancel(last_); });
  }

  LoopThread& thread() { return thread_; }
  Client& client() { return *client_; }

 private:
  LoopThread thread_;
  std::unique_ptr<Client> client_;
  Client::CallId last_ = 0;
};

Request get(std::string target) {
  return {.method = "GET", .target = std::move(target), .headers = {}, .body = {}};
}
Request post(std::string target, std::string body) {
  return {.method = "POST", .target = std::move(target), .headers = {}, .body = std::move(body)};
}

class ClientOn : public testing::TestWithParam<Wire> {
 protected:
  Address where() const { return Address(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Every, ClientOn, testing::Values(Wire::kTcp, Wire::kUnix, Wire::kTls), wireName);

TEST_P(ClientOn, CallsOnOneConnection) {
  TestServer server(echo, {}, where());
  TestClient client(server.endpoint());
  for (int i = 0; i < 20; ++i) {
    const auto outcome = client.call(post("/a?b", "body"));
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->status, 200);
    EXPECT_EQ(outcome->body, "POST /a?b body");
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST_P(ClientOn, CarriesLargeBodiesBothWays) {
  TestServer server(
      [](Request request, Responder responder) {
        responder.send({.status = 200, .headers = {}, .body = std::move(request.body)});
      },
      {.maxBodyBytes = 8 << 20}, where());
  TestClient client(server.endpoint());
  std::string body(6 << 20, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 >> 8);
  for (int i = 0; i < 2; ++i) {
    const auto outcome = client.call(post("/", body));
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(outcome->body == body);
  }
}

TEST_P(ClientOn, RunsCallsSideBySideUpToItsConnections) {
  TestServer server(echo, {}, where());
  TestClient client(server.endpoint(), {.maxConnections = 3});
  std::vector<std::future<Outcome>> calls;
  for (int i = 0; i < 200; ++i) calls.push_back(client.start(get("/" + std::to_string(i))));
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(calls[static_cast<std::size_t>(i)].get()->body, "GET /" + std::to_string(i) + " ");
  EXPECT_LE(server.connections(), 3U);
}

TEST_P(ClientOn, StreamsAsItArrives) {
  std::optional<Responder> held;
  TestServer server(
      [&](Request, Responder responder) {
        responder.begin(200, {});
        responder.write("first\n");
        held.emplace(std::move(responder));
      },
      {}, where());
  TestClient client(server.endpoint());
  std::promise<std::string> first;
  std::promise<base::Result<void>> end;
  std::string all;
  client.thread().on([&] {
    StreamSink sink;
    sink.onHead = [&](int status, const Headers&) { EXPECT_EQ(status, 200); };
    sink.onData = [&](std::string_view data) {
      if (all.empty()) first.set_value(std::string(data));
      all += data;
    };
    sink.onEnd = [&](base::Result<void> result) { end.set_value(std::move(result)); };
    client.client().stream(get("/"), client.thread().loop().now() + 20s, std::move(sink));
  });
  EXPECT_EQ(first.get_future().get(), "first\n");  // while the answer is still under way
  server.on([&] {
    held->write("second\n");
    held->end();
  });
  EXPECT_TRUE(end.get_future().get());
  EXPECT_EQ(all, "first\nsecond\n");
  server.stop();
}

TEST_P(ClientOn, TellsACutStreamFromACompleteOne) {
  TestServer server(
      [](Request, Responder responder) {
        responder.begin(200, {});
        responder.write("half");
        responder.abort();
      },
      {}, where());
  TestClient client(server.endpoint());
  std::promise<base::Result<void>> end;
  client.thread().on([&] {
    StreamSink sink;
    sink.onEnd = [&](base::Result<void> result) { end.set_value(std::move(result)); };
    client.client().stream(get("/"), client.thread().loop().now() + 20s, std::move(sink));
  });
  const auto result = end.get_future().get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, "ConnectionLost");
}

// Answers nothing and keeps the responders, whose clients leave.
struct Silent {
  std::vector<Responder> held;
  std::atomic<int> closed = 0;
  std::promise<void> allClosed;
  TestServer server;

  explicit Silent(const Address& where, int expected = 1)
      : server(
            [this, expected](Request, Responder responder) {
              responder.onClosed([this, expected] {
                if (++closed == expected) allClosed.set_value();
              });
              held.push_back(std::move(responder));
            },
            {}, where) {}
  ~Silent() {
    server.on([this] { held.clear(); });
    server.stop();
  }
};

TEST_P(ClientOn, EndsACallAtItsDeadlineAndTheServerHearsOfIt) {
  Silent silent(where());
  TestClient client(silent.server.endpoint());
  const auto outcome = client.call(get("/"), 50ms);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, "DeadlineExceeded");
  EXPECT_THAT(outcome.error().message, HasSubstr(silent.server.endpoint().describe()));
  silent.allClosed.get_future().get();
}

TEST_P(ClientOn, CancelsARunningAndAWaitingCall) {
  Silent silent(where());
  TestClient client(silent.server.endpoint(), {.maxConnections = 1});
  auto running = client.start(get("/1"));
  const auto cancelRunning = [&] { client.cancelLast(); };
  auto waiting = client.start(get("/2"));
  cancelRunning();  // the last one: it waits
  EXPECT_EQ(waiting.get().error().kind, "Cancelled");
  EXPECT_EQ(running.wait_for(0s), std::future_status::timeout);
  client.stop();
  EXPECT_EQ(running.get().error().kind, "Cancelled");
}

TEST_P(ClientOn, RefusesWhatCannotWait) {
  Silent silent(where());
  TestClient client(silent.server.endpoint(), {.maxConnections = 1, .maxWaiting = 1});
  auto running = client.start(get("/1"));
  auto waiting = client.start(get("/2"));
  EXPECT_EQ(client.call(get("/3")).error().kind, "TooManyCalls");
  client.stop();
  EXPECT_EQ(waiting.get().error().kind, "Cancelled");
}

TEST(Client, SaysWhenNobodyListens) {
  Endpoint nobody;
  {
    TestServer server(echo);
    nobody = server.endpoint();
  }
  TestClient tcp(nobody);
  const auto outcome = tcp.call(get("/"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, "ConnectFailed");
  TestClient local(unixTemporary());
  EXPECT_EQ(local.call(get("/")).error().kind, "ConnectFailed");
}

TEST_P(ClientOn, BoundsTheBody) {
  TestServer server(
      [](Request, Responder responder) {
        responder.send({.status = 200, .headers = {}, .body = std::string(11, 'x')});
      },
      {}, where());
  TestClient client(server.endpoint(), {.maxBodyBytes = 10});
  EXPECT_EQ(client.call(get("/")).error().kind, "BodyTooLarge");
  EXPECT_EQ(client.call(get("/")).error().kind, "BodyTooLarge");
}

TEST_P(ClientOn, TakesTheAnswerToARequestThatIsTooLarge) {
  TestServer server(echo, {.maxBodyBytes = 1000}, where());
  TestClient client(server.endpoint());
  for (int i = 0; i < 3; ++i) {
    const auto outcome = client.call(post("/", std::string(7 << 20, 'x')));
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->status, 413);
  }
}

TEST_P(ClientOn, ClosesIdleConnections) {
  TestServer server(echo, {}, where());
  TestClient client(server.endpoint(), {.idleTime = 20ms});
  ASSERT_TRUE(client.call(get("/")));
  while (server.connections() > 0) std::this_thread::yield();
  EXPECT_TRUE(client.call(get("/")));
}

TEST_P(ClientOn, SeesThatThePeerHasClosedAnIdleConnection) {
  TestServer server(echo, {.idleTime = 20ms}, where());
  TestClient client(server.endpoint());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.call(get("/")));
    while (server.connections() > 0) std::this_thread::yield();
    client.thread().on([] {});  // what the client's loop has been told, it knows after this
  }
}

TEST_P(ClientOn, SendsItsHeaders) {
  TestServer server(
      [](Request request, Responder responder) {
        Response response;
        for (const auto& [name, value] : request.headers) response.body += name + "=" + value + "|";
        responder.send(std::move(response));
      },
      {}, where());
  Headers shared;
  shared.add("X-Shared", "s");
  shared.add("X-Own", "shared");
  TestClient client(server.endpoint(), {.headers = shared});
  Request request = post("/", "b");
  request.headers.add("x-own", "mine");
  const auto outcome = client.call(std::move(request));
  ASSERT_TRUE(outcome);
  const std::string host = GetParam() == Wire::kUnix ? "localhost" : server.endpoint().describe();
  EXPECT_EQ(outcome->body, "Host=" + host + "|X-Shared=s|x-own=mine|Content-Length=1|");
}

TEST_P(ClientOn, AnswersToHeadHaveNoBody) {
  TestServer server(echo, {}, where());
  TestClient client(server.endpoint());
  for (int i = 0; i < 2; ++i) {
    const auto outcome = client.call({.method = "HEAD", .target = "/", .headers = {}, .body = {}});
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->headers.find("Content-Length"), "7");
    EXPECT_EQ(outcome->body, "");
  }
  EXPECT_EQ(server.connections(), 1U);
}

// Callbacks that call again, cancel, or destroy the client they came from.
TEST_P(ClientOn, MayBeUsedFromItsCallbacks) {
  TestServer server(echo, {}, where());
  LoopThread thread;
  std::unique_ptr<Client> client;
  std::promise<int> finished;
  std::function<void(int)> next = [&](int left) {
    if (left == 0) {
      client = nullptr;
      return finished.set_value(0);
    }
    client->call(get("/"), base::Instant::never(), [&, left](Outcome outcome) {
      EXPECT_TRUE(outcome);
      next(left - 1);
    });
  };
  thread.on([&] {
    client = Client::make(thread.loop(), server.endpoint(), optionsFor(server.endpoint()));
    next(10);
  });
  EXPECT_EQ(finished.get_future().get(), 0);

  std::promise<void> ended;
  thread.on([&] {
    client = Client::make(thread.loop(), server.endpoint(), optionsFor(server.endpoint()));
    StreamSink sink;
    sink.onData = [&](std::string_view) { client = nullptr; };
    sink.onEnd = [&](base::Result<void> result) {
      EXPECT_EQ(result.error().kind, "Cancelled");
      ended.set_value();
    };
    client->stream(get("/"), base::Instant::never(), std::move(sink));
  });
  ended.get_future().get();
}

}  // namespace
}  // namespace faasbatch::net
