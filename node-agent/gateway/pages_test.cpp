#include "node-agent/gateway/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::gateway {
namespace {

bool passes(const std::string& host, const std::string& origin = "", bool onLoopback = true) {
  net::Request request{.method = "POST", .target = "/", .headers = {}, .body = {}};
  if (!host.empty()) request.headers.add("Host", host);
  if (!origin.empty()) request.headers.add("Origin", origin);
  const auto refused = refusalOfPage(request, onLoopback);
  EXPECT_EQ(refused ? refused->status : 403, 403);
  return !refused;
}

TEST(Pages, PassWhatIsSentToThisMachine) {
  for (const char* host :
       {"", "localhost", "localhost:8080", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]",
        "buildbox:8080", "10.0.0.7:8080", "app.localhost:80", "localhost."}) {
    EXPECT_TRUE(passes(host)) << host;
  }
}

// A page of theirs whose name they let lead to 127.0.0.1 in the end.
TEST(Pages, RefuseNamesThatSomebodyElseMayGive) {
  for (const char* host : {"evil.example", "evil.example:8080", "evil.example.", "127.0.0.1.nip.io:8080",
                           "localhost.evil.example", "evil-localhost.example"}) {
    EXPECT_FALSE(passes(host)) << host;
    EXPECT_TRUE(passes(host, "", false)) << host << ": who listens to others has such names";
  }
}

TEST(Pages, RefuseOriginsThatAreNotOurs) {
  for (const bool onLoopback : {true, false}) {
    for (const char* origin :
         {"null", "http://evil.example", "https://127.0.0.1.evil.example", "http://1.2.3.4",
          "http://buildbox:9000", "file://", "evil", "http://localhost.evil.example:8080"}) {
      EXPECT_FALSE(passes("buildbox:8080", origin, onLoopback)) << origin;
    }
    for (const char* origin : {"http://buildbox:8080", "http://localhost:5173", "http://127.0.0.1:3000",
                               "http://[::1]:3000", "https://app.localhost"}) {
      EXPECT_TRUE(passes("buildbox:8080", origin, onLoopback)) << origin;
    }
  }
}

}  // namespace
}  // namespace faasbatch::gateway
