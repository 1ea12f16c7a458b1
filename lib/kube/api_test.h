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

// A loop, a client on it, and ways to wait.
class ClientOnLoopTest : public testing::Test {
 protected:
  ClientOnLoopTest() { ::setenv("no_proxy", "*", 1); }
  ~ClientOnLoopTest() override { client_ = nullptr; }

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
  Result<Object> create(const Resource& resource, const std::string& nameSpace, const std::string& json,
                        const WriteOptions& options = {}) {
    return await<Object>(
        [&](auto done) { client_->create(resource, nameSpace, json, options, std::move(done)); });
  }
  Result<Object> patch(const Resource& resource, const ObjectKey& key, PatchType type,
                       const std::string& body, const WriteOptions& options = {}) {
    return await<Object>(
        [&](auto done) { client_->patch(resource, key, type, body, options, std::move(done)); });
  }
  Result<void> remove(const Resource& resource, const ObjectKey& key, const DeleteOptions& options = {}) {
    return await<void>([&](auto done) { client_->remove(resource, key, options, std::move(done)); });
  }
  Result<Page> list(const Resource& resource, const Selection& selection, std::size_t limit = 0,
                    const std::string& next = "") {
    return await<Page>([&](auto done) { client_->list(resource, selection, limit, next, std::move(done)); });
  }

  std::unique_ptr<net::EventLoop> loop_ = net::EventLoop::make();
  std::unique_ptr<Client> client_;
};

// With a scripted API server. The client's time passes `kFaster` times as fast as the true one; its time
// limits do not.
class ApiTest : public ClientOnLoopTest {
 protected:
  static constexpr int kFaster = 20;
  using Fault = testing::ApiFault;

  ~ApiTest() override { client_ = nullptr; }

  void connect(const ClientOptions& options = {}, std::shared_ptr<TokenSource> token = nullptr) {
    Access access{.server = server_.url(), .token = std::move(token)};
    client_ = Client::make(fast_, std::move(access), options).value();
  }

  static std::string pods(const std::string& name = "") {
    return "/api/v1/namespaces/ns/pods" + (name.empty() ? "" : "/" + name);
  }
  static std::string named(const std::string& name, const std::string& more = "") {
    return R"({"kind":"Pod","metadata":{"name":")" + name + "\"}" + (more.empty() ? "" : "," + more) + "}";
  }

  testing::ScriptedApiServer server_;
  testing::FastLoop fast_{*loop_, kFaster};
};

}  // namespace faasbatch::kube
