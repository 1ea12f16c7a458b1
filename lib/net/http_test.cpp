#include "lib/net/http.h"

#include <gtest/gtest.h>

#include "lib/net/endpoint.h"
#include "lib/net/write_message.h"

namespace faasbatch::net {
namespace {

TEST(Headers, AreFoundWhateverTheirCase) {
  Headers headers;
  headers.add("Content-Type", "a");
  headers.add("content-type", "b");
  EXPECT_EQ(headers.find("CONTENT-TYPE"), "a");
  EXPECT_EQ(headers.find("Content"), std::nullopt);
  EXPECT_EQ(headers.size(), 2U);
}

TEST(Request, TakesItsTargetApart) {
  const auto request = [](std::string target) {
    return Request{.method = "GET", .target = std::move(target), .headers = {}, .body = {}};
  };
  EXPECT_EQ(request("/a%20b?c=d?e").path(), "/a%20b");
  EXPECT_EQ(request("/a%20b?c=d?e").query(), "c=d?e");
  EXPECT_EQ(request("/a").path(), "/a");
  EXPECT_EQ(request("/a").query(), "");
  EXPECT_EQ(request("/?").query(), "");
}

TEST(PercentEncode, LeavesTheUnreserved) {
  EXPECT_EQ(percentEncode("aZ9-._~"), "aZ9-._~");
  EXPECT_EQ(percentEncode("a/b c\xc3\xa4%"), "a%2Fb%20c%C3%A4%25");
}

TEST(PercentDecode, DecodesOrRefuses) {
  EXPECT_EQ(percentDecode("a%20b%C3%a9"), "a b\xC3\xA9");
  EXPECT_EQ(percentDecode("a+b"), "a+b");
  EXPECT_EQ(percentDecode("a+b%2B", true), "a b+");
  EXPECT_EQ(percentDecode(""), "");
  for (const char* bad : {"%", "%2", "a%", "%zz", "%2z", "%-1", "% 1", "%00"}) {
    EXPECT_EQ(percentDecode(bad), std::nullopt) << bad;
  }
}

TEST(QueryParameter, IsTheFirstOfItsName) {
  EXPECT_EQ(queryParameter("a=1&b=2&a=3", "a"), "1");
  EXPECT_EQ(queryParameter("a=1&b=x%26y+z", "b"), "x&y z");
  EXPECT_EQ(queryParameter("%61=1", "a"), "1");
  EXPECT_EQ(queryParameter("wait", "wait"), "");
  EXPECT_EQ(queryParameter("a=b=c", "a"), "b=c");
  EXPECT_EQ(queryParameter("&&a=1&", "a"), "1");
  EXPECT_EQ(queryParameter("", "a"), std::nullopt);
  EXPECT_EQ(queryParameter("ab=1", "a"), std::nullopt);
  EXPECT_EQ(queryParameter("a=%zz", "a"), std::nullopt);
}

TEST(Endpoint, ParsesAndDescribes) {
  for (const char* text :
       {"127.0.0.1:8080", "[::1]:8080", ":8080", "localhost:1", "unix:/run/x.sock", ":0"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->describe(), text);
  }
  EXPECT_EQ(Endpoint::parse("http://127.0.0.1:80/")->describe(), "127.0.0.1:80");
  for (const std::string& text :
       {std::string(), std::string("8080"), std::string("host.example:80"), std::string("127.0.0.1"),
        std::string("127.0.0.1:"), std::string("127.0.0.1:65536"), std::string("127.0.0.1:-1"),
        std::string("::1:80"), std::string("[127.0.0.1]:80"), std::string("[::1:80"), std::string("unix:"),
        std::string("http://127.0.0.1:80/a"), "unix:/" + std::string(200, 'x'), std::string("1.2.3.4.5:80"),
        std::string("127.0.0.1:80x")}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error().kind, "InvalidEndpoint");
  }
}

TEST(DateText, FollowsTheClock) {
  DateText date;
  EXPECT_EQ(date.at({784'111'777'000'000'000}), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at({784'111'777'999'999'999}), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at({784'111'778'000'000'000}), "Sun, 06 Nov 1994 08:49:38 GMT");
}

TEST(RequestHead, CannotBeBrokenOut) {
  Request request{.method = "GET", .target = "/a b\r\nX: y", .headers = {}, .body = {}};
  request.headers.add("A", "b\r\nC: d");
  std::string out;
  appendRequestHead(out, request, {}, "host");
  EXPECT_EQ(out, "GET /a%20b%20%20X:%20y HTTP/1.1\r\nHost: host\r\nA: b  C: d\r\n\r\n");
}

}  // namespace
}  // namespace faasbatch::net
