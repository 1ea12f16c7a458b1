#include "runtime/multiplexer/couchdb/base64.h"

#include <gtest/gtest.h>

namespace faasbatch::multiplexer {
namespace {

TEST(Base64, EncodesTheExamplesOfTheRfc) {
  const auto encode = [](std::string_view text) {
    std::string out;
    appendBase64(out, text);
    return out;
  };
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encode(std::string_view("\0\xff\xfe", 3)), "AP/+");
}

}  // namespace
}  // namespace faasbatch::multiplexer
