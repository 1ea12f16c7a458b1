#include "lib/net/curl_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/net/curl_test_client.h"
#include "lib/net/curl_url.h"
#include "lib/net/test_server.h"

namespace faasbatch::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

Request make(std::string method, std::string target, std::string body = "") {
  return {.method = std::move(method), .target = std::move(target), .headers = {}, .body = std::move(body)};
}

class CurlClientTest : public testing::Test, protected TestCurlClient {
 protected:
  using TestCurlClient::connect;
  void connect(TestServer& server, const CurlOptions& options = {}) {
    connect("http://" + server.endpoint().describe(), options);
  }
};

TEST_F(CurlClientTest, SpeaksEveryMethod) {
  TestServer server(echo);
  connect("http://" + server.endpoint().describe() + "/db/");
  for (const char* method : {"GET", "POST", "PUT", "DELETE", "COPY"}) {
    for (const char* body : {"", "body"}) {
      const auto outcome = call(make(method, "/doc?rev=1", body));
      ASSERT_TRUE(outcome) << outcome.error().message;
      EXPECT_EQ(outcome->status, 200);
      EXPECT_EQ(outcome->body, std::string(method) + " /db/doc?rev=1 " + body);
      EXPECT_EQ(outcome->headers.find("content-type"), "text/plain");
    }
  }
  const auto head = call(make("HEAD", "/doc"));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(head->headers.find("Content-Length"), "13");
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(CurlClientTest, SendsHeadersAndTheUrlsPassword) {
  TestServer server([](Request request, Responder responder) {
    Response response;
    for (const auto& [name, value] : request.headers) response.body += name + "=" + value + "|";
    responder.send(std::move(response));
  });
  connect("http://user:p%40ss@" + server.endpoint().describe());
  Request request = make("PUT", "/", "{}");
  request.headers.add("Content-Type", "application/json");
  request.headers.add("If-Match", "1-a");
  request.headers.add("X-Empty", "");
  const auto outcome = call(std::move(request));
  ASSERT_TRUE(outcome);
  EXPECT_THAT(outcome->body, HasSubstr("Authorization=Basic dXNlcjpwQHNz|"));
  EXPECT_THAT(outcome->body, HasSubstr("Content-Type=application/json|"));
  EXPECT_THAT(outcome->body, HasSubstr("If-Match=1-a|"));
  EXPECT_THAT(outcome->body, HasSubstr("X-Empty=|"));
  EXPECT_THAT(outcome->body, Not(HasSubstr("Expect")));
}

TEST_F(CurlClientTest, CarriesLargeAndChunkedBodies) {
  TestServer server(
      [](Request request, Responder responder) {
        responder.begin(201, {});
        responder.write(request.body);
        responder.write("end");
        responder.end();
      },
      {.maxBufferedBytes = 16 << 20});
  connect(server);
  const std::string body(5 << 20, 'x');
  const auto outcome = call(make("POST", "/", body));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->status, 201);
  EXPECT_TRUE(outcome->body == body + "end");
}

TEST_F(CurlClientTest, EndsAtTheDeadlineRunningOrWaiting) {
  std::vector<Responder> held;
  TestServer server([&held](Request, Responder responder) { held.push_back(std::move(responder)); });
  connect(server, {.maxConnections = 1});
  auto running = start(make("GET", "/1"), 300ms);
  auto waiting = start(make("GET", "/2"), 50ms);
  EXPECT_EQ(waiting.get().error().kind, "DeadlineExceeded");
  EXPECT_EQ(running.get().error().kind, "DeadlineExceeded");
  server.on([&held] { held.clear(); });
  server.stop();
}

TEST_F(CurlClientTest, EndsCallsWhenItIsDestroyedAndBoundsThem) {
  std::vector<Responder> held;
  TestServer server([&held](Request, Responder responder) { held.push_back(std::move(responder)); });
  connect(server, {.maxConnections = 1, .maxWaiting = 1});
  auto first = start(make("GET", "/1"));
  auto second = start(make("GET", "/2"));
  EXPECT_EQ(call(make("GET", "/3")).error().kind, "TooManyCalls");
  stop();
  EXPECT_EQ(first.get().error().kind, "Cancelled");
  EXPECT_EQ(second.get().error().kind, "Cancelled");
  server.on([&held] { held.clear(); });
  server.stop();
}

TEST_F(CurlClientTest, NamesFailuresWithoutSecrets) {
  std::string nobody;
  {
    TestServer server(echo);
    nobody = server.endpoint().describe();
  }
  connect("http://user:secret@" + nobody);
  const auto refused = call(make("GET", "/"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, "ConnectFailed");
  EXPECT_THAT(refused.error().message, HasSubstr("http://" + nobody));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("secret")));

  TestServer cutting([](Request, Responder responder) { responder.abort(); });
  connect(cutting);
  EXPECT_EQ(call(make("GET", "/")).error().kind, "ConnectionLost");
}

TEST_F(CurlClientTest, ReachesThisMachineWithoutAProxy) {
  TestServer server(echo);
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::unsetenv("no_proxy");
  connect(server);
  const auto direct = call(make("GET", "/"));
  connect("http://peer.test");
  const auto throughTheProxy = call(make("GET", "/"));
  ::unsetenv("http_proxy");
  ::setenv("no_proxy", "*", 1);
  EXPECT_TRUE(direct) << direct.error().message;
  ASSERT_FALSE(throughTheProxy);
  EXPECT_THAT(throughTheProxy.error().message, HasSubstr("127.0.0.1 port 1"));
}

TEST_F(CurlClientTest, BoundsTheBody) {
  TestServer server([](Request, Responder responder) {
    responder.send({.status = 200, .headers = {}, .body = std::string(11, 'x')});
  });
  connect(server, {.maxBodyBytes = 10});
  EXPECT_EQ(call(make("GET", "/")).error().kind, "BodyTooLarge");
}

TEST_F(CurlClientTest, FollowsRedirectionsWhereItIsToldTo) {
  // "/5" leads to "/4" and so on; the last says what came along.
  TestServer server([](Request request, Responder responder) {
    const int left = std::stoi(request.target.substr(1));
    Response response{.status = left > 0 ? 302 : 200, .headers = {}, .body = "here " + request.target};
    if (left > 0) response.headers.add("Location", "/" + std::to_string(left - 1));
    responder.send(std::move(response));
  });
  connect(server);
  EXPECT_EQ(call(make("GET", "/1")).value().status, 302);
  connect(server, {.maxRedirects = 3});
  EXPECT_EQ(call(make("GET", "/0")).value().body, "here /0");
  EXPECT_EQ(call(make("GET", "/3")).value().body, "here /0");
  EXPECT_EQ(call(make("GET", "/4")).error().kind, "TooManyRedirects");
}

TEST_F(CurlClientTest, FollowsNoRedirectionToAnotherProtocolOrWithThePassword) {
  std::string seen = "nothing";
  TestServer other([&seen](const Request& request, Responder responder) {
    seen = request.headers.find("Authorization").value_or("");
    responder.send({.status = 200, .headers = {}, .body = ""});
  });
  std::string location = "file:///etc/passwd";
  TestServer server([&location](const Request&, Responder responder) {
    Response response{.status = 302, .headers = {}, .body = ""};
    response.headers.add("Location", location);
    responder.send(std::move(response));
  });
  connect("http://user:secret@" + server.endpoint().describe(), {.maxRedirects = 3});
  EXPECT_EQ(call(make("GET", "/")).error().kind, "InvalidResponse");
  server.on([&] { location = "http://" + other.endpoint().describe() + "/"; });
  EXPECT_EQ(call(make("GET", "/")).value().status, 200);
  EXPECT_EQ(seen, "");
}

TEST(CurlTarget, TakesTheUrlApart) {
  const auto url = CurlTarget::parse("https://u:secret@host:5984/a%20b/c.zip?token=secret#x");
  ASSERT_TRUE(url);
  EXPECT_EQ(CurlUrl::parse(url->base)->url, "https://host:5984");
  EXPECT_EQ(CurlUrl::parse(url->base)->password, "secret");
  EXPECT_EQ(url->target, "/a%20b/c.zip?token=secret");
  EXPECT_EQ(url->shown, "https://host:5984/a%20b/c.zip");
  const auto bare = CurlTarget::parse("http://host");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->target, "/");
  EXPECT_EQ(bare->shown, "http://host/");
  EXPECT_EQ(CurlTarget::parse("file:///etc/passwd").error().kind, "InvalidUrl");
}

TEST(CurlUrl, TakesTheUrlApart) {
  const auto url = CurlUrl::parse("https://u%3A:p%2F@host:5984/db/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->url, "https://host:5984/db");
  EXPECT_EQ(url->user, "u:");
  EXPECT_EQ(url->password, "p/");
  EXPECT_EQ(url->sent, url->url);
  for (const char* text :
       {"", "ftp://secret@h/", "http://secret@h/?q", "not a secret", "file:///secret", "http://h/#f"}) {
    const auto refused = CurlUrl::parse(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().kind, "InvalidUrl");
    EXPECT_THAT(refused.error().message, Not(HasSubstr("secret")));
  }
}

TEST(CurlUrl, KnowsThisMachine) {
  for (const char* text :
       {"http://localhost:1", "https://127.0.0.1", "http://127.9.9.9:8080/db", "http://[::1]:5984"}) {
    EXPECT_TRUE(CurlUrl::parse(text)->loopback) << text;
  }
  for (const char* text : {"http://host", "http://10.127.0.1", "http://[::2]", "http://localhost.test"}) {
    EXPECT_FALSE(CurlUrl::parse(text)->loopback) << text;
  }
}

TEST(CurlUrl, PutsAnotherServerNameIntoIt) {
  struct Case {
    const char* url;
    const char* name;
    const char* sent;
    const char* connectTo;
    const char* host;
  };
  for (const auto& [text, name, sent, connectTo, host] :
       {Case{"https://127.0.0.1:6443/a/", "kubernetes", "https://kubernetes:6443/a",
             "kubernetes:6443:127.0.0.1:6443", "127.0.0.1:6443"},
        Case{"https://[::1]", "a.b", "https://a.b", "a.b:443:[::1]:443", "[::1]"},
        Case{"https://h:1", "fd00::1", "https://[fd00::1]:1", "[fd00::1]:1:h:1", "h:1"},
        Case{"http://h:1", "other", "http://h:1", "", ""}, Case{"https://h:1", "", "https://h:1", "", ""}}) {
    const auto url = CurlUrl::parse(text, name);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(url->sent, sent);
    EXPECT_EQ(url->connectTo, connectTo);
    EXPECT_EQ(url->host, host);
  }
  EXPECT_FALSE(CurlUrl::parse("https://h", "no name"));
}

}  // namespace
}  // namespace faasbatch::net
