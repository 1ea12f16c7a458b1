#include "runtime/supervisor/shared_clients.h"

#include <gtest/gtest.h>

namespace faasbatch::supervisor {
namespace {

TEST(SharedClients, AddUpOverChildrenAndFollowTheWorker) {
  SharedClients clients;
  EXPECT_EQ(clients.list(), "[]");
  ASSERT_TRUE(clients.replace(R"([{"constructor":"redis.Redis","made":1,"reused":0,"savedBytes":0}])"));
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(clients.add(R"([{"constructor":"redis.Redis","made":0,"reused":2,"savedBytes":100},)"
                            R"({"constructor":"a","made":1,"reused":0,"savedBytes":0}])"));
  ASSERT_TRUE(clients.replace(R"([{"constructor":"redis.Redis","made":2,"reused":1,"savedBytes":7}])"));
  EXPECT_EQ(clients.list(), R"([{"constructor":"a","made":3,"reused":0,"savedBytes":0},)"
                            R"({"constructor":"redis.Redis","made":2,"reused":7,"savedBytes":307}])");
}

TEST(SharedClients, AreNotSpoiltByAList) {
  SharedClients clients;
  ASSERT_TRUE(clients.add(R"([{"constructor":"a","made":1,"reused":1,"savedBytes":1}])"));
  const std::string before = clients.list();
  for (const char* bad :
       {"", "{}", "[", "[1]", "[{}]", R"([{"constructor":1}])", R"([{"constructor":"b","made":1},2])"}) {
    const auto refused = clients.add(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().kind, "BadFrame");
    EXPECT_FALSE(clients.replace(bad));
    EXPECT_EQ(clients.list(), before) << bad;
  }
}

TEST(SharedClients, AreBounded) {
  SharedClients clients;
  const std::string most = R"([{"constructor":"a","made":9223372036854775807,"reused":-5,"savedBytes":1.5}])";
  ASSERT_TRUE(clients.add(most));
  ASSERT_TRUE(clients.add(most));
  EXPECT_EQ(clients.list(), R"([{"constructor":"a","made":9223372036854775807,"reused":0,"savedBytes":0}])");

  ASSERT_TRUE(
      clients.replace(R"([{"constructor":")" + std::string(kMaxConstructorNameBytes + 1, 'x') + R"("}])"));
  EXPECT_EQ(clients.list().find('x'), std::string::npos);
  for (std::size_t i = 0; i < 2 * kMaxSharedConstructors; ++i)
    ASSERT_TRUE(clients.add(R"([{"constructor":"c)" + std::to_string(i) + R"(","made":1}])"));
  EXPECT_LT(clients.list().size(), kMaxSharedConstructors * 100);
}

}  // namespace
}  // namespace faasbatch::supervisor
