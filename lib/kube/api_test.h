// What the tests of this folder share: a scripted API server, a loop and a client of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <memory>
#include <optional>
#include <string>

#include "lib/kube/client.h"
#include "lib/net/loop.h"
#include "lib/testing/eventually.h"
#include "lib/testing/fast_loop.h"
#include "lib/testing/scripted_api_server.h"

namespace faasbatch::kube {

// The client's time passes `kFaster` times as fast as the true one; its time limits do not.
class ApiTest : public testing::Test {
 protected:
  static constexpr int kFaster = 20;
  using Fault = testing::ApiFault;

  ApiTest() { ::setenv("no_proxy", "*", 1); }
  ~ApiTest() override { client_ = nullptr; }

  void connect(const ClientOptions& options = {}, std::shared_ptr<TokenSource> token = nullptr) {
    Access access{.server = server_.url(), .token = std::move(token)};
    client_ = Client::make(fast_, std::move(access), options).value();
  }

  template <class Condition>
  bool until(Condition condition) {
    return testing::runUntil(*loop_, condition);
  }
  void pass(base::Duration time) {  // of the true time
    const base::Instant end = loop_->now() + time;
    until([&] { return loop_->now() >= end; });
  }

  // Gives `call` a Done and waits for what it is told.
  template <class T, class Call>
  Result<T> await(Call call) {
    auto answer = std::make_shared<std::optional<Result<T>>>();
    call(Client::Done<T>([answer](Result<T> result) { *answer = std::move(result); }));
    EXPECT_FALSE(answer->has_value()) << "told from inside the call";
    EXPECT_TRUE(until([&] { return answer->has_value(); }));
    return answer->has_value() ? **answer : std::unexpected(ApiError{.reason = "NeverAnswered"});
  }
  Result<Object> get(const Resource& resource, const ObjectKey& key) {
    return await<Object>([&](auto done) { client_->get(resource, key, std::move(done)); });
  }
  Result<Object> create(const Resource& resource, const std::string& nameSpace, const std::string& json) {
    return await<Object>([&](auto done) { client_->create(resource, nameSpace, json, {}, std::move(done)); });
  }

  static std::string pods(const std::string& name = "") {
    return "/api/v1/namespaces/ns/pods" + (name.empty() ? "" : "/" + name);
  }
  static std::string named(const std::string& name, const std::string& more = "") {
    return R"({"kind":"Pod","metadata":{"name":")" + name + "\"}" + (more.empty() ? "" : "," + more) + "}";
  }

  testing::ScriptedApiServer server_;
  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  testing::FastLoop fast_{*loop_, kFaster};
  std::unique_ptr<Client> client_;
};

}  // namespace faasbatch::kube
