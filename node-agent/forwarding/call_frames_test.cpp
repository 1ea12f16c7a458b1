#include "node-agent/forwarding/call_frames.h"

#include <gmock/gmock.h>

#include <random>

namespace faasbatch::forwarding {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

net::Request call(std::string body) {
  net::Request request{"POST", "/v1/peer/gateway/v1/x?y=z", {}, std::move(body)};
  request.headers.add("Content-Type", "application/json");
  request.headers.add("Prefer", "");
  return request;
}

net::Response answer(int status, std::string body) {
  net::Response response{.status = status, .headers = {}, .body = std::move(body)};
  response.headers.add("Invocation-Id", "1");
  return response;
}

std::string bodyOf(const std::vector<net::Request>& calls) {
  std::string body(kCallsMagic);
  for (const net::Request& each : calls) appendCall(body, each);
  return body;
}

// "PLACE STATUS BODY" of each answer, given in pieces of that size.
struct Read {
  std::vector<std::string> answers;
  bool failed = false, whole = false;
};
Read readBack(std::string_view stream, std::size_t piece) {
  Read read;
  AnswerReader reader;
  AnswerReader::Take take = [&](std::uint32_t place, net::Response response) {
    read.answers.push_back(std::to_string(place) + " " + std::to_string(response.status) + " " +
                           response.body + std::string(response.headers.find("Invocation-Id").value_or("?")));
  };
  for (std::size_t at = 0; at < stream.size() && !read.failed; at += piece)
    read.failed = !reader.feed(stream.substr(at, piece), take);
  read.whole = reader.isWhole();
  return read;
}

TEST(CallFrames, CallsReadBackAsTheyWereWritten) {
  const std::string body = bodyOf({call("null"), call(""), call(std::string("\0\r\n", 3))});
  const auto calls = readCalls(body);
  ASSERT_TRUE(calls) << calls.error().message;
  ASSERT_EQ(calls->size(), 3U);
  EXPECT_EQ((*calls)[0].method, "POST");
  EXPECT_EQ((*calls)[0].target, "/v1/peer/gateway/v1/x?y=z");
  EXPECT_EQ((*calls)[0].headers.find("content-type"), "application/json");
  EXPECT_EQ((*calls)[0].headers.find("Prefer"), "");
  EXPECT_EQ((*calls)[0].body, "null");
  EXPECT_EQ((*calls)[2].body, std::string("\0\r\n", 3));
  EXPECT_EQ(bodyOf(*calls), body);
}

TEST(CallFrames, CallsThatAreCutAnywhereAreRefused) {
  const std::string body = bodyOf({call("null")});
  for (std::size_t cut = 0; cut < body.size(); ++cut) {
    if (cut == kCallsMagic.size()) continue;  // no call at all
    EXPECT_FALSE(readCalls(std::string_view(body).substr(0, cut))) << cut;
  }
}

TEST(CallFrames, NoMoreCallsThanThereMayBe) {
  EXPECT_TRUE(readCalls(bodyOf(std::vector(kMaxCallsTogether, call("1")))));
  const auto tooMany = readCalls(bodyOf(std::vector(kMaxCallsTogether + 1, call("1"))));
  ASSERT_FALSE(tooMany);
  EXPECT_EQ(tooMany.error().kind, "InvalidMessage");
  EXPECT_THAT(tooMany.error().message, HasSubstr("more than 64"));
}

TEST(CallFrames, NoMoreFieldsThanThereMayBe) {
  net::Request many = call("");
  for (std::size_t i = many.headers.size(); i < kMaxFields; ++i) many.headers.add("a", "b");
  EXPECT_TRUE(readCalls(bodyOf({many})));
  many.headers.add("a", "b");
  EXPECT_FALSE(readCalls(bodyOf({many})));
}

TEST(CallFrames, AnswersAreTakenInAnySplit) {
  std::string stream;
  appendAnswer(stream, 1, answer(200, "one"));
  appendAnswer(stream, 0, answer(503, ""));
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    const Read read = readBack(stream, piece);
    EXPECT_THAT(read.answers, ElementsAre("1 200 one1", "0 503 1")) << piece;
    EXPECT_TRUE(read.whole);
  }
}

TEST(CallFrames, AnswersThatAreCutAreNotWhole) {
  std::string stream;
  appendAnswer(stream, 0, answer(200, "one"));
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    const Read read = readBack(std::string_view(stream).substr(0, cut), cut);
    EXPECT_THAT(read.answers, IsEmpty());
    EXPECT_FALSE(read.whole) << cut;
  }
}

TEST(CallFrames, AnswersThatAreNoneAreRefused) {
  std::string noStatus;
  appendAnswer(noStatus, 0, answer(7, ""));
  std::string shorter;  // than its frame says
  appendAnswer(shorter, 0, answer(200, "one"));
  ++shorter[3];
  shorter += "x";
  for (const std::string& stream : {noStatus, shorter, std::string("\x7f\xff\xff\xff", 4)}) {
    const Read read = readBack(stream, stream.size());
    EXPECT_TRUE(read.failed);
    EXPECT_FALSE(read.whole);
  }
}

TEST(CallFrames, DamagedOnesCrashNothing) {
  std::mt19937 rng(1);
  std::string stream;
  appendAnswer(stream, 0, answer(200, "one"));
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = bodyOf({call("null"), call("1")});
    damaged[rng() % damaged.size()] = static_cast<char>(rng());
    if (const auto calls = readCalls(damaged)) {
      EXPECT_TRUE(readCalls(bodyOf(*calls)));
    }
    std::string other = stream;
    other[rng() % other.size()] = static_cast<char>(rng());
    readBack(other, 1 + rng() % other.size());
  }
}

}  // namespace
}  // namespace faasbatch::forwarding
