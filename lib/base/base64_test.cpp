#include "lib/base/base64.h"

#include <gtest/gtest.h>

namespace faasbatch::base {
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

TEST(Base64, DecodesWhatItEncodes) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    std::string out;
    appendBase64(out, bytes);
    EXPECT_EQ(decodeBase64(out), bytes);
    bytes += static_cast<char>(i * 37);
  }
  EXPECT_EQ(decodeBase64(" Zm9v\n YmFy\r\n"), "foobar");
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zg==Zg==", "Zm9-", "Zm9v=", "Zg=a", "\xff"}) {
    EXPECT_EQ(decodeBase64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace faasbatch::base
