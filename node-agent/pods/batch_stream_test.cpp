#include "node-agent/pods/batch_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/json/check.h"
#include "lib/json/write.h"
#include "node-agent/pods/pod_error.h"

namespace faasbatch::pods {
namespace {

using std::chrono::microseconds;
using ::testing::HasSubstr;

class Recorder final : public BatchStream::Handler {
 public:
  bool onResult(ResultLine line) override {
    results.push_back(std::move(line));
    return results.back().call != kUnknown;
  }
  bool onLogs(LogsLine line) override {
    logs.push_back(std::move(line));
    return true;
  }
  static constexpr calls::CallId kUnknown = 99;
  std::vector<ResultLine> results;
  std::vector<LogsLine> logs;
};

ResultLine resultOf(std::string_view line) {
  auto parsed = parseLine(line);
  EXPECT_TRUE(parsed.has_value()) << line;
  return std::get<ResultLine>(std::move(*parsed));
}

TEST(ParseLine, ReadsAResult) {
  const ResultLine line = resultOf(
      R"({"id": "7", "status": "Succeeded", "queueUs": 12, "execUs": 1534, "storeUs": 3, "output": {"a": [1, "}"]}})");
  EXPECT_EQ(line.call, 7U);
  EXPECT_EQ(line.outcome->view(), R"({"a": [1, "}"]})");
  EXPECT_EQ(line.queue, microseconds(12));
  EXPECT_EQ(line.exec, microseconds(1534));
  EXPECT_EQ(line.store, microseconds(3));
}

TEST(ParseLine, ReadsAnError) {
  const ResultLine line = resultOf(
      R"({"id":"8","status":"Failed","error":{"type":"ValueError","message":"x","traceback":"t\nu"}})");
  EXPECT_EQ(line.outcome.error(),
            (calls::CallError{.type = "ValueError", .message = "x", .traceback = "t\nu"}));
}

// An image of the user's own may answer anything; one call must not fill the agent.
TEST(ParseLine, CutsWhatIsLongerThanAnErrorNeeds) {
  std::string text;
  while (text.size() < 2 * kMaxErrorTextBytes) text += "ünï";
  const ResultLine line = resultOf(R"({"id":"8","status":"Failed","error":{"type":")" + text +
                                   R"(","message":"a)" + text + R"(","traceback":")" + text + R"("}})");
  const calls::CallError& error = line.outcome.error();
  EXPECT_TRUE(text.starts_with(error.type));
  EXPECT_LE(error.type.size(), kMaxErrorTypeBytes);
  for (const std::string& cut : {error.message, error.traceback}) {
    EXPECT_LE(cut.size(), kMaxErrorTextBytes);
    EXPECT_GE(cut.size(), kMaxErrorTextBytes - 1);
    EXPECT_TRUE(json::check(json::quoted(cut))) << "cut between characters";
  }
  auto logs = parseLine(R"({"id":"7","logs":[{"time":1,"stream":")" + text + R"(","text":"x"}]})");
  EXPECT_EQ(std::get<LogsLine>(*logs).lines[0].stream, "stdout");
}

TEST(ParseLine, HoldsACrashAgainstACallOnlyWhereItRanAlone) {
  const struct {
    const char* line;
    bool blameless;
  } kCases[] = {
      {R"({"id":"8","status":"Failed","error":{"type":"WorkerCrashed","message":"m","alone":true}})", false},
      {R"({"id":"8","status":"Failed","alone":true,"error":{"type":"WorkerCrashed","message":"m"}})", false},
      {R"({"id":"8","status":"Failed","error":{"type":"WorkerCrashed","message":"m","alone":false}})", true},
      {R"({"id":"8","status":"Failed","error":{"type":"WorkerCrashed","message":"m"}})", true},
      {R"({"id":"8","status":"Failed","error":{"type":"Timeout","message":"m","alone":false}})", false},
  };
  for (const auto& c : kCases) EXPECT_EQ(resultOf(c.line).outcome.error().blameless, c.blameless) << c.line;
}

TEST(ParseLine, ReadsLogs) {
  auto parsed =
      parseLine(R"({"id": "7", "logs": [{"time": 1700000000.5, "stream": "stdout", "text": "line\n"}]})");
  ASSERT_TRUE(parsed.has_value());
  const auto& logs = std::get<LogsLine>(*parsed);
  ASSERT_EQ(logs.lines.size(), 1U);
  EXPECT_EQ(logs.lines[0].text, "line\n");
  EXPECT_EQ(logs.lines[0].time.ns, 1'700'000'000'500'000'000);
}

TEST(ParseLine, RefusesWhatTheContractDoesNotSay) {
  for (const char* line :
       {"x", "[]", "{}", R"({"id":7})", R"({"id":"7"})", R"({"id":"x","status":"Succeeded","output":1})",
        R"({"id":"-1","status":"Succeeded","output":1})", R"({"id":"7","status":"Succeeded"})",
        R"({"id":"7","status":"Failed"})", R"({"id":"7","status":"Failed","error":3})",
        R"({"id":"7","status":"Failed","error":{}})", R"({"id":"7","status":"Odd","output":1})",
        R"({"id":"7","logs":1})", R"({"id":"7","logs":[1]})",
        R"({"id":"7","status":"Succeeded","output":1} x)",
        R"({"id":"18446744073709551616","status":"Succeeded","output":1})"}) {
    const auto parsed = parseLine(line);
    ASSERT_FALSE(parsed.has_value()) << line;
    EXPECT_EQ(parsed.error().kind, "InvalidLine");
  }
}

TEST(BatchStream, GivesTheSameLinesInEverySplit) {
  const std::string text =
      "{\"id\":\"1\",\"logs\":[]}\n{\"id\":\"1\",\"status\":\"Succeeded\",\"output\":\"a\"}\n\n"
      "{\"id\":\"2\",\"status\":\"Succeeded\",\"output\":null}\n";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    BatchStream stream;
    Recorder recorder;
    for (std::size_t at = 0; at < text.size(); at += step) {
      ASSERT_TRUE(stream.feed(std::string_view(text).substr(at, step), recorder).has_value());
    }
    EXPECT_TRUE(stream.end().has_value());
    ASSERT_EQ(recorder.results.size(), 2U) << step;
    EXPECT_EQ(recorder.logs.size(), 1U);
    EXPECT_EQ(recorder.results[1].call, 2U);
  }
}

TEST(BatchStream, StopsAtTheFirstBadLine) {
  BatchStream stream;
  Recorder recorder;
  const auto fed = stream.feed("{\"id\":\"1\",\"status\":\"Succeeded\",\"output\":1}\noops\n{}\n", recorder);
  ASSERT_FALSE(fed.has_value());
  EXPECT_THAT(fed.error().message, HasSubstr("oops"));
  EXPECT_EQ(recorder.results.size(), 1U);
  EXPECT_FALSE(stream.feed("{\"id\":\"1\",\"logs\":[]}\n", recorder).has_value());
}

TEST(BatchStream, FailsWhereThePodSpeaksOfACallThatIsNotItsOwn) {
  BatchStream stream;
  Recorder recorder;
  EXPECT_FALSE(stream.feed("{\"id\":\"99\",\"status\":\"Succeeded\",\"output\":1}\n", recorder).has_value());
}

TEST(BatchStream, SaysThatItEndedInsideALine) {
  BatchStream stream;
  Recorder recorder;
  ASSERT_TRUE(stream.feed("{\"id\":\"1\"", recorder).has_value());
  EXPECT_FALSE(stream.end().has_value());
}

TEST(BatchStream, BoundsALine) {
  BatchStream stream;
  Recorder recorder;
  const std::string block(1 << 20, 'x');
  base::Result<void> fed;
  for (int i = 0; i < 9 && fed; ++i) fed = stream.feed(block, recorder);
  EXPECT_FALSE(fed.has_value());
}

}  // namespace
}  // namespace faasbatch::pods
