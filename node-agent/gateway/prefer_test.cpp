#include "node-agent/gateway/prefer.h"

#include <gtest/gtest.h>

namespace faasbatch::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Prefer, ReadsBothPreferencesInAnyForm) {
  EXPECT_TRUE(parsePrefer("respond-async").respondAsync);
  EXPECT_FALSE(parsePrefer("respond-async").wait);
  for (const char* header : {"respond-async, wait=10", "wait=10,respond-async",
                             "Respond-Async;x=y , WAIT = 10", "wait=\"10\", respond-async, wait=20"}) {
    const Preference preference = parsePrefer(header);
    EXPECT_TRUE(preference.respondAsync) << header;
    ASSERT_TRUE(preference.wait) << header;
    EXPECT_EQ(*preference.wait, seconds(10)) << header;
  }
}

TEST(Prefer, TakesAllFieldsOfARequestTogether) {
  net::Headers headers;
  EXPECT_FALSE(preferenceOf(headers).respondAsync);
  headers.add("Prefer", "return=minimal");
  headers.add("prefer", "wait=10");
  headers.add("Accept", "wait=1");
  headers.add("PREFER", "respond-async, wait=20");
  EXPECT_TRUE(preferenceOf(headers).respondAsync);
  EXPECT_EQ(preferenceOf(headers).wait, seconds(10));
}

TEST(Prefer, LeavesQuotedTextWhole) {
  EXPECT_FALSE(parsePrefer(R"(x="a, respond-async, wait=3")").respondAsync);
  EXPECT_FALSE(parsePrefer(R"(x="a\", respond-async")").respondAsync);
  EXPECT_FALSE(parsePrefer(R"(respond-async; x="a,wait=9;")").wait);
  EXPECT_EQ(parsePrefer(R"(x="a;b", wait=3; y=",", respond-async)").wait, seconds(3));
  EXPECT_TRUE(parsePrefer(R"(x="a;b", wait=3; y=",", respond-async)").respondAsync);
}

TEST(Prefer, IgnoresWhatItDoesNotKnow) {
  for (const char* header :
       {"", ",", "return=minimal", "wait", "wait=", "wait=x", "wait=-1", "wait=nan", "respond"}) {
    const Preference preference = parsePrefer(header);
    EXPECT_FALSE(preference.respondAsync) << header;
    EXPECT_FALSE(preference.wait) << header;
  }
}

TEST(Prefer, SaysWhatWasFollowed) {
  struct Case {
    const char* header;
    const char* accepted;
    const char* ended;
  };
  for (const auto& [header, accepted, ended] :
       {Case{"respond-async", "respond-async", ""},
        Case{"respond-async, wait=10", "respond-async, wait=10", "wait=10"},
        Case{"respond-async, wait=0.25", "respond-async, wait=0.25", "wait=0.25"},
        Case{"respond-async, wait=100000", "respond-async, wait=300", "wait=300"},
        Case{"respond-async, wait=x, return=minimal", "respond-async", ""}, Case{"wait=10", "", ""},
        Case{"", "", ""}}) {
    EXPECT_EQ(preferenceApplied(parsePrefer(header), true), accepted) << header;
    EXPECT_EQ(preferenceApplied(parsePrefer(header), false), ended) << header;
  }
}

TEST(Wait, IsBounded) {
  EXPECT_EQ(parseWait("0.25"), milliseconds(250));
  EXPECT_EQ(parseWait("1e9"), kMaxWait);
  EXPECT_EQ(parseWait("inf"), kMaxWait);
  EXPECT_FALSE(parseWait("nan"));
  EXPECT_FALSE(parseWait("1s"));
}

}  // namespace
}  // namespace faasbatch::gateway
