#include "lib/crypto/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace faasbatch::crypto {
namespace {

using ::testing::MatchesRegex;

// RFC 6234, section 8.5, and NIST's for a million of "a".
TEST(Sha256, HasThePublishedValues) {
  struct Case {
    std::string data;
    const char* digest;
  };
  for (const auto& [data, digest] :
       {Case{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        Case{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        Case{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        Case{std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
        Case{"\x19", "68aa2e2ee5dff96e3355e6c7ee373e3d6a4e17f75f9518d843709c0c9bc3e3d4"},
        Case{"\xe3\xd7\x25\x70\xdc\xdd\x78\x7c\xe3\x88\x7a\xb2\xcd\x68\x46\x52",
             "175ee69b02ba9b58e2b0a5fd13819cea573f3940a94f825128cf4209beabb4e8"}}) {
    EXPECT_EQ(sha256Hex(data), digest) << data.size();
    EXPECT_EQ(smallSha256Hex(data), digest) << data.size();
  }
}

// Every way of filling the last block.
TEST(Sha256, TheSmallOneIsTheSame) {
  std::string data;
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(smallSha256Hex(data), sha256Hex(data)) << i;
    data += static_cast<char>(i * 37);
  }
}

// RFC 4231.
TEST(HmacSha256, HasThePublishedValues) {
  struct Case {
    std::string key;
    std::string data;
    const char* digest;
  };
  std::string counted;
  for (char c = 1; c <= 25; ++c) counted += c;
  for (const auto& [key, data, digest] :
       {Case{std::string(20, '\x0b'), "Hi There",
             "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        Case{"Jefe", "what do ya want for nothing?",
             "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        Case{std::string(20, '\xaa'), std::string(50, '\xdd'),
             "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        Case{counted, std::string(50, '\xcd'),
             "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        Case{std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
             "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        Case{std::string(131, '\xaa'),
             "This is a test using a larger than block-size key and a larger than block-size data. The key "
             "needs to be "
             "hashed before being used by the HMAC algorithm.",
             "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
        // Not of the RFC: nothing at all.
        Case{"", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"}}) {
    EXPECT_EQ(hmacSha256Hex(key, data), digest) << data;
  }
}

TEST(RandomToken, IsUrlSafeAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(randomToken()).second);
  std::set<char> used;
  for (const std::string& token : seen) {
    ASSERT_THAT(token, MatchesRegex("[A-Za-z0-9_-]{43}"));
    used.insert(token.begin(), token.end());
  }
  EXPECT_EQ(used.size(), 64U);
}

TEST(RandomToken, HasTheLengthOfItsBytes) {
  for (const auto& [bytes, length] : {std::pair{0, 0}, {1, 2}, {2, 3}, {3, 4}, {4, 6}, {48, 64}}) {
    EXPECT_EQ(randomToken(static_cast<std::size_t>(bytes)).size(), static_cast<std::size_t>(length)) << bytes;
  }
}

TEST(EqualSecrets, ComparesEveryByte) {
  EXPECT_TRUE(equalSecrets("", ""));
  EXPECT_TRUE(equalSecrets("token", "token"));
  EXPECT_FALSE(equalSecrets("token", ""));
  EXPECT_FALSE(equalSecrets("token", "token "));
  const std::string secret(40, 'x');
  for (std::size_t i = 0; i < secret.size(); ++i) {
    for (const char other : {'y', '\0', '\xf8'}) {
      std::string wrong = secret;
      wrong[i] = other;
      EXPECT_FALSE(equalSecrets(secret, wrong)) << i;
    }
  }
}

}  // namespace
}  // namespace faasbatch::crypto
