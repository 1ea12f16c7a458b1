#include "lib/kube/client_thread.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <future>

#include "lib/testing/scripted_api_server.h"

namespace faasbatch::kube {
namespace {

TEST(ClientThread, AsksOnAThreadOfItsOwn) {
  ::setenv("no_proxy", "*", 1);
  testing::ScriptedApiServer server;
  server.add("/api/v1/namespaces/ns/pods", R"({"metadata":{"name":"a"}})");
  const auto thread =
      ClientThread::start([&](base::Loop&) { return base::Result<Access>(Access{.server = server.url()}); });
  ASSERT_TRUE(thread) << thread.error().message;
  std::promise<Result<Object>> answer;
  std::thread::id where;
  (*thread)->post([&](Client& client) {
    where = std::this_thread::get_id();
    client.get(kPods, {"ns", "a"}, [&](Result<Object> object) { answer.set_value(std::move(object)); });
  });
  const Result<Object> object = answer.get_future().get();
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ(object->key.name, "a");
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(ClientThread, RunsTasksInOrderAndWaitsForThoseItIsToldTo) {
  const auto thread = ClientThread::start(
      [](base::Loop&) { return base::Result<Access>(Access{.server = "http://127.0.0.1:1"}); });
  ASSERT_TRUE(thread) << thread.error().message;
  int value = 0;
  (*thread)->post([&](Client&) { value = 1; });
  (*thread)->run([&](Client&) { value = value == 1 ? 2 : -1; });
  EXPECT_EQ(value, 2);
}

TEST(ClientThread, SaysWhyItCannotStart) {
  const auto thread = ClientThread::start(
      [](base::Loop&) -> base::Result<Access> { return base::fail("NotInCluster", "no token"); });
  EXPECT_EQ(thread.error().kind, "NotInCluster");
}

}  // namespace
}  // namespace faasbatch::kube
