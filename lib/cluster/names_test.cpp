#include "lib/cluster/names.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <set>

namespace faasbatch::cluster {
namespace {

TEST(LabelValue, LeavesWhatMayBeOne) {
  for (const std::string name : {"a", "wordcount", "order.v2", "A_b-C.9", "0"})
    EXPECT_EQ(labelValue(name), name);
  const std::string longest(63, 'x');
  EXPECT_EQ(labelValue(longest), longest);
}

TEST(LabelValue, CutsAndNamesTheRestByItsDigest) {
  const std::string name = std::string(200, 'x');
  EXPECT_EQ(labelValue(name).size(), kMaxLabelValue);
  EXPECT_TRUE(labelValue(name).starts_with(std::string(52, 'x') + "-"));
  EXPECT_NE(labelValue(name), labelValue(name + "y"));
  EXPECT_NE(labelValue("_a"), labelValue("a_"));
  EXPECT_TRUE(labelValue("_A_").starts_with("a--"));
  EXPECT_EQ(labelValue("").size(), 10U);
}

TEST(ServiceHost, IsTheNameInTheCertificate) {
  EXPECT_EQ(serviceHost(kPeerService, "system"), "faasbatch-agents.system.svc");
}

TEST(LabelValue, IsAlwaysOne) {
  const std::regex valid("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");
  std::mt19937 random(1);
  constexpr std::string_view kCharacters = "abzABZ019-_. /\xC3\xA9";
  std::set<std::string> names;
  std::set<std::string> values;
  for (int i = 0; i < 2000; ++i) {
    std::string name;
    for (std::size_t n = random() % 130; n > 0; --n) name += kCharacters[random() % kCharacters.size()];
    const std::string value = labelValue(name);
    EXPECT_LE(value.size(), kMaxLabelValue);
    EXPECT_TRUE(std::regex_match(value, valid)) << value;
    names.insert(name);
    values.insert(value);
  }
  EXPECT_EQ(names.size(), values.size());
}

}  // namespace
}  // namespace faasbatch::cluster
