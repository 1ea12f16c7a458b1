#include "lib/kube/event_recorder.h"

#include "lib/json/path.h"
#include "lib/kube/api_test.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::ScriptedApiServer;

constexpr const char* kCollection = "/apis/events.k8s.io/v1/namespaces/ns/events";

class EventRecorderTest : public ApiTest {
 protected:
  EventRecorderTest() { connect({.maxRetries = 0}); }

  static EventNote note(const std::string& text) {
    return {.regarding = {"v1", "Pod", {"ns", "p"}, "u"}, .reason = "R", .action = "A", .note = text};
  }
  std::size_t written(const std::string& method) { return server_.count(method + " " + kCollection); }

  std::unique_ptr<EventRecorder> make() {
    return EventRecorder::make(fast_, *client_, "faasbatch.io/test", "pod-0");
  }
};

TEST_F(EventRecorderTest, WritesEventsAndSeries) {
  const auto recorder = make();
  recorder->record(note("a"));
  ASSERT_TRUE(until([&] { return written("POST") == 1; }));
  const std::string body = server_.seen().back().body;
  EXPECT_EQ(json::at(body, {"note"}), "\"a\"");
  for (int i = 0; i < 4; ++i) recorder->record(note("a"));
  ASSERT_TRUE(until([&] { return written("PATCH") == 1; }));
  EXPECT_THAT(server_.seen().back().body, HasSubstr(R"("series":{"count":5)"));
  EXPECT_EQ(written("POST"), 1U);
  EXPECT_EQ(recorder->dropped(), 0U);
}

TEST_F(EventRecorderTest, DropsWhatCannotBeWrittenAndTriesTheNextAnew) {
  server_.script("POST", ScriptedApiServer::failure(403, "Forbidden"));
  const auto recorder = make();
  recorder->record(note("a"));
  ASSERT_TRUE(until([&] { return recorder->dropped() == 1; }));
  recorder->record(note("a"));
  ASSERT_TRUE(until([&] { return written("POST") == 2; }));
  EXPECT_EQ(recorder->dropped(), 1U);
}

TEST_F(EventRecorderTest, MakesAnEventAnewThatIsGone) {
  const auto recorder = make();
  recorder->record(note("a"));
  ASSERT_TRUE(until([&] { return written("POST") == 1; }));
  server_.script("PATCH", ScriptedApiServer::failure(404, "NotFound"));
  recorder->record(note("a"));
  ASSERT_TRUE(until([&] { return recorder->dropped() == 1; }));
  recorder->record(note("a"));
  ASSERT_TRUE(until([&] { return written("POST") == 2; }));
}

TEST_F(EventRecorderTest, IsNeverWhyWorkWaits) {
  server_.script("POST", {.kind = Fault::Kind::kSilent}, 10'000);
  auto recorder = make();
  for (std::size_t i = 0; i < kMaxEventsWaiting + kMaxEventsAtOnce + 10; ++i) {
    EventNote one = note("n");
    one.regarding.key.name = std::to_string(i);
    recorder->record(one);
  }
  EXPECT_EQ(recorder->dropped(), 10U);
  ASSERT_TRUE(until([&] { return written("POST") == kMaxEventsAtOnce; }));
  recorder = nullptr;
}

}  // namespace
}  // namespace faasbatch::kube
