#include "node-agent/gateway/pod_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "lib/net/client.h"
#include "lib/net/test_server.h"

namespace faasbatch::gateway {
namespace {

using ::testing::HasSubstr;

TEST(StoreToken, SaysWhoseItIsAndNothingElse) {
  const std::string token = storeToken("secret", "pod-1", "shop/order/");
  EXPECT_EQ(readStoreToken("secret", token), (StoreGrant{"pod-1", "shop/order/"}));
  EXPECT_EQ(readStoreToken("other", token), std::nullopt);
  for (const std::string from : {"pod-1", "shop/order", "~shop"}) {
    std::string forged = token;
    forged.replace(forged.find(from), from.size(), "a" + from);
    EXPECT_EQ(readStoreToken("secret", forged), std::nullopt) << forged;
  }
  for (std::size_t cut = 0; cut < token.size(); ++cut) {
    EXPECT_EQ(readStoreToken("secret", token.substr(0, cut)), std::nullopt);
    EXPECT_EQ(readStoreToken("secret", token.substr(token.size() - cut)), std::nullopt);
  }
  // Parts moved from one to the other, as the separator of what is signed is another one.
  EXPECT_EQ(readStoreToken("secret", storeToken("secret", "pod-1", "shop/order")), std::nullopt);
}

class PodStoreTest : public ::testing::Test {
 protected:
  PodStoreTest() {
    server_ = std::move(*net::Server::listen(
        *loop_, net::tcpLoopback(), storeServerLimits(),
        [this](net::Request request, net::Responder responder) {
          ++handled_;
          pods_.handle(std::move(request), std::move(responder));
        },
        nullptr, nullptr, [this](const net::Request& head) { return pods_.refusal(head); }));
    client_ = net::Client::make(*loop_, server_->endpoint());
  }

  net::Response call(const std::string& method, const std::string& key, const std::string& token,
                     const std::string& body = "") {
    net::Request request{.method = method, .target = "/v1/store/" + key, .headers = {}, .body = body};
    if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
    net::Response seen;
    client_->call(std::move(request), loop_->now() + std::chrono::seconds(20),
                  [&](base::Result<net::Response> answer) {
                    EXPECT_TRUE(answer) << answer.error().message;
                    if (answer) seen = std::move(*answer);
                    loop_->stop();
                  });
    loop_->run();
    return seen;
  }

  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  telemetry::Registry metrics_;
  std::unique_ptr<stores::Store> store_ = stores::makeMemoryStore(*loop_, metrics_);
  StoreService service_{*loop_, *store_};
  std::optional<std::set<std::pair<std::string, std::string>>> there_ =
      std::set<std::pair<std::string, std::string>>{{"pod-1", "shop/order/"}, {"pod-2", "shop/orders/"}};
  PodStore pods_{service_, "secret", [this](const std::string& pod, std::string_view prefix) {
                   return there_ ? std::optional(there_->contains({pod, std::string(prefix)})) : std::nullopt;
                 }};
  int handled_ = 0;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<net::Client> client_;
};

TEST_F(PodStoreTest, KeepsWorkflowsApart) {
  const std::string mine = storeToken("secret", "pod-1", "shop/order/");
  const std::string other = storeToken("secret", "pod-2", "shop/orders/");
  EXPECT_EQ(call("PUT", "shop%2Forder%2Fa", mine, "1").status, 204);
  EXPECT_EQ(call("GET", "shop/order/a", mine).body, "1");
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    const net::Response refused = call(method, "shop%2Forder%2Fa", other, "2");
    EXPECT_EQ(refused.status, 403);
    EXPECT_THAT(refused.body, HasSubstr("below shop/orders/ only"));
  }
  EXPECT_EQ(call("GET", "shop/order/a", mine).body, "1");
}

TEST_F(PodStoreTest, AsksForAToken) {
  for (const std::string& token :
       {std::string(), std::string("shop"), storeToken("old", "pod-1", "shop/order/")}) {
    const net::Response refused = call("GET", "shop/order/a", token);
    EXPECT_EQ(refused.status, 401);
    EXPECT_TRUE(refused.headers.find("WWW-Authenticate"));
    EXPECT_EQ(refused.headers.find("Connection"), "close");
  }
  EXPECT_EQ(handled_, 0) << "the header is enough";
}

TEST_F(PodStoreTest, TakesATokenForAsLongAsItsPodIsThere) {
  const std::string token = storeToken("secret", "pod-1", "shop/order/");
  EXPECT_EQ(call("PUT", "shop/order/a", token, "1").status, 204);
  there_->erase({"pod-1", "shop/order/"});
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    const net::Response refused = call(method, "shop/order/a", token, "2");
    EXPECT_EQ(refused.status, 401);
    EXPECT_THAT(refused.body, HasSubstr("no pod pod-1 of shop/order/ here any more"));
  }
  there_->insert({"pod-1", "shop/other/"});  // of another workflow now
  EXPECT_EQ(call("GET", "shop/order/a", token).status, 401);
  there_.reset();  // the agent has just begun
  const net::Response early = call("GET", "shop/order/a", token);
  EXPECT_EQ(early.status, 503);
  EXPECT_TRUE(early.headers.find("Retry-After"));
  there_.emplace().insert({"pod-1", "shop/order/"});
  EXPECT_EQ(call("GET", "shop/order/a", token).body, "1") << "adopted";
}

}  // namespace
}  // namespace faasbatch::gateway
