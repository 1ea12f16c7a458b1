#include "node-agent/gateway/pod_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/net/client.h"
#include "lib/net/test_server.h"

namespace faasbatch::gateway {
namespace {

using ::testing::HasSubstr;

TEST(StoreToken, OpensItsPrefixAndNothingElse) {
  const std::string token = storeToken("secret", "pod-1", "shop/order/");
  EXPECT_EQ(storePrefixOf("secret", token), "shop/order/");
  EXPECT_EQ(storePrefixOf("other", token), std::nullopt);
  for (const std::string from : {"pod-1", "shop/order", "~shop"}) {
    std::string forged = token;
    forged.replace(forged.find(from), from.size(), "a" + from);
    EXPECT_EQ(storePrefixOf("secret", forged), std::nullopt) << forged;
  }
  for (std::size_t cut = 0; cut < token.size(); ++cut) {
    EXPECT_EQ(storePrefixOf("secret", token.substr(0, cut)), std::nullopt);
    EXPECT_EQ(storePrefixOf("secret", token.substr(token.size() - cut)), std::nullopt);
  }
  // Parts moved from one to the other, as the separator of what is signed is another one.
  EXPECT_EQ(storePrefixOf("secret", storeToken("secret", "pod-1", "shop/order")), std::nullopt);
}

class PodStoreTest : public ::testing::Test {
 protected:
  PodStoreTest() {
    server_ = std::move(*net::Server::listen(*loop_, net::tcpLoopback(), {},
                                             [this](net::Request request, net::Responder responder) {
                                               pods_.handle(std::move(request), std::move(responder));
                                             }));
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
  PodStore pods_{service_, "secret"};
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
  }
}

}  // namespace
}  // namespace faasbatch::gateway
