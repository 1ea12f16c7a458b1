#include "node-agent/cluster/agent_addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::clusterview {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

kube::Object slice(std::string endpoints, std::string ports = R"([{"name":"peers","port":9443}])") {
  return {.json = R"({"addressType":"IPv4","endpoints":)" + endpoints + R"(,"ports":)" + ports + "}"};
}

TEST(AddressesIn, ReadsEndpointsWithNodeAndAddress) {
  EXPECT_THAT(
      addressesIn(slice(R"([
      {"addresses":["10.0.0.1"],"nodeName":"a","conditions":{"ready":true,"serving":true,"terminating":false}},
      {"addresses":["10.0.0.2"],"nodeName":"b","conditions":{"ready":false}},
      {"addresses":["10.0.0.3"],"nodeName":"c","conditions":{"ready":true,"terminating":true}},
      {"addresses":["10.0.0.4"],"nodeName":"d"},
      {"addresses":["10.0.0.5"]},{"addresses":[],"nodeName":"e"}])")),
      ElementsAre(AgentAddress{"a", "10.0.0.1", 9443, true}, AgentAddress{"b", "10.0.0.2", 9443, false},
                  AgentAddress{"c", "10.0.0.3", 9443, false}, AgentAddress{"d", "10.0.0.4", 9443, true}));
}

TEST(AddressesIn, TakesThePortByItsName) {
  const std::string one = R"([{"addresses":["10.0.0.1"],"nodeName":"a"}])";
  EXPECT_EQ(addressesIn(slice(one, R"([{"name":"health","port":1},{"name":"peers","port":2}])")).front().port,
            2);
  EXPECT_THAT(addressesIn(slice(one, R"([{"name":"health","port":1}])")), IsEmpty());
  EXPECT_THAT(addressesIn(slice(one, R"([{"name":"peers","port":70000}])")), IsEmpty());
  EXPECT_THAT(addressesIn({.json = "{}"}), IsEmpty());
  EXPECT_THAT(addressesIn(slice("null", "null")), IsEmpty());
}

TEST(OnePerNode, PrefersAReadyOne) {
  EXPECT_THAT(
      onePerNode({{"b", "2", 1, true}, {"a", "9", 1, true}, {"a", "1", 1, false}, {"b", "1", 1, true}}),
      ElementsAre(AgentAddress{"a", "9", 1, true}, AgentAddress{"b", "1", 1, true}));
}

}  // namespace
}  // namespace faasbatch::clusterview
