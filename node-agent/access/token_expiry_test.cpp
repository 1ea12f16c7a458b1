#include "node-agent/access/token_expiry.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "lib/base/base64.h"

namespace faasbatch::access {
namespace {

using std::chrono::seconds;

std::string jwt(const std::string& claims) {
  std::string payload;
  base::appendBase64(payload, claims);
  for (char& c : payload) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return "eyJhbGciOiJFUzI1NiJ9." + payload.substr(0, payload.find('=')) + ".c2lnbmF0dXJl";
}

TEST(TokenExpiry, IsTheClaim) {
  const base::Instant wanted = base::Instant{} + seconds(1'700'000'060);
  EXPECT_EQ(tokenExpiry(jwt(R"({"exp":1700000060})")), wanted);
  EXPECT_EQ(tokenExpiry(jwt(R"({"aud":["x"],"exp":1700000060.9,"sub":"a"})")), wanted);
  EXPECT_EQ(tokenExpiry(jwt(R"({"exp":1.70000006e9})")), wanted);
  EXPECT_EQ(tokenExpiry(jwt(R"({"exp":1700000060,"s":"??>>~~\u00ff"})")), wanted) << "'-' and '_'";
  EXPECT_EQ(tokenExpiry(jwt(R"({"exp":0})")), base::Instant{});
}

TEST(TokenExpiry, IsNotThereWhereNothingReadableSaysIt) {
  for (const char* claims :
       {"{}", R"({"exp":"1700000060"})", R"({"exp":null})", R"({"exp":-1})", R"({"exp":1e300})",
        R"({"exp":9300000000})", R"({"exp":{}})", "[1]", R"({"exp":1700000060)", ""}) {
    EXPECT_EQ(tokenExpiry(jwt(claims)), std::nullopt) << claims;
  }
  for (const char* token : {"", ".", "..", "a.b", "opaque", "a.!!.c", "a.e.c", "a..c"})
    EXPECT_EQ(tokenExpiry(token), std::nullopt) << token;
}

TEST(TokenExpiry, OfADamagedTokenIsNoneOrSome) {
  std::mt19937 random(5);
  const std::string good = jwt(R"({"exp":1700000060,"sub":"system:serviceaccount:ns:name"})");
  for (int i = 0; i < 5000; ++i) {
    std::string bad = good.substr(0, random() % (good.size() + 1));
    for (int n = 0; n < 3 && !bad.empty(); ++n) bad[random() % bad.size()] = static_cast<char>(random());
    const auto end = tokenExpiry(bad);
    EXPECT_TRUE(!end || *end >= base::Instant{});
  }
}

}  // namespace
}  // namespace faasbatch::access
