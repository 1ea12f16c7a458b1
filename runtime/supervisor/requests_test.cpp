// What comes in over HTTP and on the command line, as values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/json/members.h"
#include "runtime/supervisor/batch.h"
#include "runtime/supervisor/init_request.h"
#include "runtime/supervisor/options.h"
#include "runtime/supervisor/problem.h"

namespace faasbatch::supervisor {
namespace {

using ::testing::HasSubstr;

TEST(Batch, TakesEveryMemberOfALine) {
  const std::string body =
      R"({"id":"7","invocation":"i","run":"r","step":"s","index":[3, 4],"attempt":2,"timeoutMs":1500,"sliceUs":2500,"isolate":true,"input":{"a": [1]}})"
      "\r\n\n"
      R"({"id":"8"})";
  const auto calls = parseBatch(body);
  ASSERT_TRUE(calls) << calls.error().message;
  ASSERT_EQ(calls->size(), 2u);
  const Invocation& call = calls->front();
  EXPECT_EQ(call.id, "7");
  EXPECT_EQ(call.head.run, "r");
  EXPECT_EQ(call.head.index, "[3, 4]");
  EXPECT_EQ(call.head.attempt, 2);
  EXPECT_EQ(call.timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(call.slice, std::chrono::microseconds(2500));
  EXPECT_TRUE(call.isolate);
  EXPECT_EQ(call.input, R"({"a": [1]})");
  EXPECT_EQ(calls->back().input, "null");
  EXPECT_FALSE(calls->back().isolate);
}

TEST(Batch, NamesTheLineThatIsWrong) {
  for (const char* second :
       {"{", "7", R"({"input":1})", R"({"id":""})", R"({"id":7})", R"({"id":"1","timeoutMs":"x"})",
        R"({"id":"1","timeoutMs":-1})", R"({"id":"1","sliceUs":-1})", R"({"id":"1","sliceUs":0.5})",
        R"({"id":"1","index":3})", R"({"id":"1","run":[]})"}) {
    const auto calls = parseBatch(std::string("{\"id\":\"1\"}\n") + second);
    ASSERT_FALSE(calls) << second;
    EXPECT_EQ(calls.error().kind, "InvalidRequest");
    EXPECT_THAT(calls.error().message, HasSubstr("line 2")) << second;
  }
  EXPECT_FALSE(parseBatch(""));
  EXPECT_FALSE(parseBatch("{\"id\":\"" + std::string(kMaxIdBytes + 1, 'x') + "\"}"));
}

TEST(Batch, IsBounded) {
  std::string body;
  for (std::size_t i = 0; i <= kMaxBatchCalls; ++i) body += "{\"id\":\"1\"}\n";
  EXPECT_FALSE(parseBatch(body));
  const auto forever = parseBatch(R"({"id":"1","timeoutMs":1e300})");
  ASSERT_TRUE(forever);
  EXPECT_EQ(forever->front().timeout, kMaxTimeout);
}

TEST(Init, TakesWhatTheSupervisorNeeds) {
  const auto request = parseInit(
      R"({"function":"d/w/f","digest":"x","handler":"f.h","source":{"inline":""},"mode":"Processes","limit":3,)"
      R"("maxOutputBytes":10,"maxLogBytes":0,"store":{"kind":"Redis","url":"redis://h","prefix":"p/"}})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->mode, Mode::kProcesses);
  EXPECT_EQ(request->limit, 3u);
  EXPECT_EQ(request->maxOutputBytes, 10u);
  EXPECT_EQ(request->maxLogBytes, 0u);
  EXPECT_EQ(request->store.kind, multiplexer::StoreSpec::Kind::kRedis);
  EXPECT_EQ(request->store.prefix, "p/");
}

TEST(Init, ExclusiveRunsOneAtATime) {
  const auto request = parseInit(R"({"handler":"f.h","source":{},"mode":"Exclusive","limit":9})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->limit, 1u);
}

TEST(Init, NamesWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"source":{}})", "handler"},
      {R"({"handler":"f.h"})", "source"},
      {R"({"handler":"f.h","source":{},"limit":0})", "limit is 0"},
      {R"({"handler":"f.h","source":{},"limit":"many"})", "limit"},
      {R"({"handler":"f.h","source":{},"mode":"Fibers"})", "Threads, Processes, Exclusive"},
      {R"({"handler":"f.h","source":{},"store":{"kind":"Etcd"}})", "store.kind"},
      {R"({"handler":"f.h","source":{},"function":7})", "function is 7"},
      {"[]", "object"},
      {"nonsense", "byte"}};
  for (const auto& [body, says] : cases) {
    const auto request = parseInit(body);
    ASSERT_FALSE(request) << body;
    EXPECT_THAT(request.error().message, HasSubstr(says)) << body;
  }
}

TEST(Init, AnotherModesBodyKeepsTheRest) {
  const auto request =
      parseInit(R"({"handler":"f.h","source":{"inline":"a\nb"},"mode":"Threads","limit":3})");
  ASSERT_TRUE(request);
  EXPECT_EQ(bodyFor(*request, Mode::kThreads), request->body);
  const std::string body = bodyFor(*request, Mode::kProcesses);
  const auto members = json::members(body);
  ASSERT_TRUE(members);
  EXPECT_EQ(json::find(*members, "mode"), "\"Processes\"");
  EXPECT_EQ(json::find(*members, "source"), R"({"inline":"a\nb"})");
}

TEST(Options, AreChecked) {
  const auto parse = [](std::vector<std::string> arguments) { return parseOptions(arguments); };
  const auto good =
      parse({"--runtime", "Native", "--listen=unix:/x", "--lifeline-fd", "9", "--python", "/p"});
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->runtime, Runtime::kNative);
  EXPECT_EQ(good->listen.path, "/x");
  EXPECT_EQ(good->lifelineFd, 9);
  EXPECT_TRUE(parse({"--help"}));
  EXPECT_FALSE(parse({}));
  EXPECT_FALSE(parse({"--runtime", "Native"}));
  EXPECT_FALSE(parse({"--listen", "unix:/x"}));
  EXPECT_FALSE(parse({"--runtime", "Ruby", "--listen", "unix:/x"}));
  EXPECT_FALSE(parse({"--runtime", "Native", "--listen", "unix:/x", "--lifeline-fd", "x"}));
  EXPECT_FALSE(parse({"--runtime", "Native", "--listen", "unix:/x", "--frobnicate", "1"}));
  EXPECT_FALSE(parse({"--runtime", "Native", "--listen"}));
}

}  // namespace
}  // namespace faasbatch::supervisor
