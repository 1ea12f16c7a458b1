#include "node-agent/cluster/watched_object.h"

#include <gtest/gtest.h>

namespace faasbatch::clusterview {
namespace {

TEST(SecretValue, IsDecoded) {
  const kube::Object secret{.json = R"({"data":{"secret":"aGVsbG8=","empty":"","bad":"%%"}})"};
  EXPECT_EQ(secretValue(secret, "secret"), "hello");
  EXPECT_EQ(secretValue(secret, "empty"), "");
  EXPECT_FALSE(secretValue(secret, "bad"));
  EXPECT_FALSE(secretValue(secret, "none"));
  EXPECT_FALSE(secretValue({.json = "{}"}, "secret"));
}

TEST(ConfigMapValue, IsText) {
  const kube::Object map{.json = R"({"data":{"a.py":"x = \"1\"\n"}})"};
  EXPECT_EQ(configMapValue(map, "a.py"), "x = \"1\"\n");
  EXPECT_FALSE(configMapValue(map, "b.py"));
}

}  // namespace
}  // namespace faasbatch::clusterview
