#include "cli/explain_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::cli {
namespace {

using ::testing::StartsWith;

constexpr const char* kUrl = "https://gw:1";

// The words are libcurl's; server_connection_test.cpp has those of real servers.
TEST(ExplainServer, SaysCauseAndWhatToDo) {
  constexpr const char* kBad = "https://gw:1: SSL peer certificate or SSH remote key was not OK (";
  struct Case {
    std::string why;
    std::string text;
  };
  for (const auto& [why, text] : {
           Case{kBad + std::string("SSL certificate problem: certificate has expired)"),
                "https://gw:1: its certificate has expired (SSL certificate problem: certificate has "
                "expired): "
                "renew it"},
           {kBad + std::string("SSL certificate problem: unable to get local issuer certificate)"),
            "https://gw:1: an authority that is not trusted here has signed its certificate ("},
           {kBad + std::string("SSL: no alternative certificate subject name matches target host name 'gw')"),
            "https://gw:1: its certificate is for another name (SSL: no"},
           {"https://gw:1: Couldn't connect to server (Failed to connect to gw port 1: Connection refused)",
            "https://gw:1: nothing answers there ("},
           {"https://gw:1: Couldn't resolve host name (Could not resolve host: gw)",
            "https://gw:1: there is no host of that name ("},
           {"https://gw:1: Timeout was reached",
            "https://gw:1: no connection in time (Timeout was reached): "},
       }) {
    EXPECT_THAT(explainServer(kUrl, why), StartsWith(text));
  }
}

TEST(ExplainServer, LeavesOtherWordsAsTheyAre) {
  EXPECT_EQ(explainServer(kUrl, "https://gw:1: Failed reading"), "https://gw:1: Failed reading");
  EXPECT_EQ(explainServer(kUrl, ""), "https://gw:1: ");
}

}  // namespace
}  // namespace faasbatch::cli
