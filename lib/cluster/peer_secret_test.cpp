#include "lib/cluster/peer_secret.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "lib/testing/temp_dir.h"

namespace faasbatch::cluster {
namespace {

class PeerSecret : public ::testing::Test {
 protected:
  base::Result<std::string> of(const std::string& text) {
    const std::string path = directory_.file("secret");
    std::ofstream(path, std::ios::binary) << text;
    return readPeerSecret(path);
  }
  testing::TempDir directory_;
};

TEST_F(PeerSecret, IsWhatTheFileHasWithoutTheBlanksAroundIt) {
  EXPECT_EQ(of("0123456789abcdef").value(), "0123456789abcdef");
  EXPECT_EQ(of(" \t0123456789abcdef\r\n\n").value(), "0123456789abcdef");
  EXPECT_EQ(of(std::string(kMaxPeerSecretBytes, 'x')).value().size(), kMaxPeerSecretBytes);
}

TEST_F(PeerSecret, RefusesWhatIsNoneWithoutSayingIt) {
  const std::pair<std::string, std::string> bad[] = {{"", "shorter"},
                                                     {"  \n", "shorter"},
                                                     {"0123456789abcde", "shorter"},
                                                     {std::string(kMaxPeerSecretBytes + 1, 'x'), "longer"},
                                                     {"0123456789 abcdef", "blanks"},
                                                     {"0123456789abcdef\xc3\xa4", "ASCII"}};
  for (const auto& [text, why] : bad) {
    const auto secret = of(text);
    ASSERT_FALSE(secret) << text;
    EXPECT_EQ(secret.error().kind, "InvalidPeerSecret");
    EXPECT_THAT(secret.error().message, ::testing::HasSubstr(why));
    EXPECT_THAT(secret.error().message, ::testing::Not(::testing::HasSubstr("0123")));
  }
  EXPECT_THAT(readPeerSecret("/nowhere/secret").error().message, ::testing::HasSubstr("/nowhere/secret"));
}

}  // namespace
}  // namespace faasbatch::cluster
