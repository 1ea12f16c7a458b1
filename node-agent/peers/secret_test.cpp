#include "node-agent/peers/secret.h"

#include <gtest/gtest.h>

namespace faasbatch::peers {
namespace {

TEST(Secret, IsShownWhole) {
  EXPECT_TRUE(showsSecret(bearer("s3cret"), "s3cret"));
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crets", "Bearer S3cret",
                            "s3cret", "Basic s3cret", "Bearer s3crets3cret"}) {
    EXPECT_FALSE(showsSecret(wrong, "s3cret")) << wrong;
  }
}

TEST(Secret, ThatIsEmptyIsShownByNobody) {
  EXPECT_FALSE(showsSecret("Bearer ", ""));
  EXPECT_FALSE(showsSecret("", ""));
}

}  // namespace
}  // namespace faasbatch::peers
