#include <vector>

#include "lib/kube/api_test.h"
#include "lib/kube/line_cutter.h"
#include "lib/kube/token_source.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Type = WatchEvent::Type;

// One watch of pods, and what it has said.
class ClientWatchTest : public ApiTest {
 protected:
  void watch(const std::string& version = "1", Selection selection = {.nameSpace = "ns"}) {
    end_ = std::nullopt;
    id_ = client_->watch(kPods, selection, version, 1min,
                         {.onEvent = [this](WatchEvent event) { events_.push_back(std::move(event)); },
                          .onEnd = [this](Result<void> how) { end_ = std::move(how); }});
  }
  // Its end, as a word.
  std::string ended() {
    EXPECT_TRUE(until([&] { return end_.has_value(); }));
    if (!end_) return "never";
    return *end_ ? "ordinarily" : end_->error().reason;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const WatchEvent& event : events_)
      all.push_back(event.object.key.name + "@" + event.object.resourceVersion);
    return all;
  }
  bool open() {
    return until([&] { return server_.watches() == 1; });
  }

  Client::WatchId id_ = 0;
  std::vector<WatchEvent> events_;
  std::optional<Result<void>> end_;
};

TEST_F(ClientWatchTest, TellsWhatHappens) {
  connect();
  server_.add(pods(), named("before"));
  watch("2");
  ASSERT_TRUE(open());
  server_.add(pods(), named("a"));
  server_.merge(pods("a"), R"({"spec":{"nodeName":"n"}})");
  server_.remove(pods("a"));
  server_.bookmark();
  ASSERT_TRUE(until([&] { return events_.size() == 4; }));
  EXPECT_THAT(names(), ElementsAre("a@3", "a@4", "a@5", "@5"));
  EXPECT_EQ(events_[0].type, Type::kAdded);
  EXPECT_EQ(events_[1].type, Type::kModified);
  EXPECT_EQ(events_[2].type, Type::kDeleted);
  EXPECT_EQ(events_[3].type, Type::kBookmark);
  server_.endWatches();
  EXPECT_EQ(ended(), "ordinarily");
}

TEST_F(ClientWatchTest, TellsWhatHappenedSinceItsVersion) {
  connect();
  for (const char* name : {"a", "b", "c"}) server_.add(pods(), named(name));
  watch("3");
  ASSERT_TRUE(until([&] { return events_.size() == 1; }));
  EXPECT_THAT(names(), ElementsAre("c@4"));
}

TEST_F(ClientWatchTest, EndsWhenItIsCut) {
  connect();
  watch();
  ASSERT_TRUE(open());
  server_.cutWatches(R"({"type":"ADDED","obj)");
  EXPECT_EQ(ended(), "ConnectionLost");
  EXPECT_TRUE(events_.empty());
}

TEST_F(ClientWatchTest, KnowsAnEndWithinALineForACut) {
  connect();
  watch();
  ASSERT_TRUE(open());
  server_.say(R"({"type":"ADDED","obj)");
  server_.endWatches();
  EXPECT_EQ(ended(), "ConnectionLost");
}

TEST_F(ClientWatchTest, PutsLinesTogetherAgain) {
  connect();
  watch();
  ASSERT_TRUE(open());
  const std::string line = R"({"type":"ADDED","object":{"metadata":{"name":"slow","resourceVersion":"9"}}})";
  for (const char c : line) server_.say(std::string(1, c));
  EXPECT_TRUE(events_.empty());
  server_.say("\n\n");
  ASSERT_TRUE(until([&] { return events_.size() == 1; }));
  EXPECT_THAT(names(), ElementsAre("slow@9"));
}

TEST_F(ClientWatchTest, EndsAtALineThatIsNone) {
  connect();
  watch();
  ASSERT_TRUE(open());
  server_.say("<html>secret</html>\n");
  EXPECT_EQ(ended(), "InvalidResponse");
  EXPECT_THAT(end_->error().message, HasSubstr("GET /api/v1/namespaces/ns/pods: not a line of a watch"));
  EXPECT_THAT(end_->error().message, testing::Not(HasSubstr("secret")));
  EXPECT_TRUE(until([&] { return server_.watches() == 0; }));
}

TEST_F(ClientWatchTest, EndsAtALineThatIsTooLong) {
  connect();
  server_.script(
      "watch=1",
      {.kind = Fault::Kind::kStream,
       .response = {.status = 200, .headers = {}, .body = std::string(kMaxWatchLineBytes + 1, ' ')}});
  watch();
  EXPECT_EQ(ended(), "InvalidResponse");
  EXPECT_THAT(end_->error().message, HasSubstr("longer than"));
}

TEST_F(ClientWatchTest, KnowsBothFormsOfAVersionThatIsGone) {
  connect();
  server_.add(pods(), named("a"));
  server_.compact();
  watch("1");
  EXPECT_EQ(ended(), "Expired");
  EXPECT_TRUE(end_->error().expired());

  watch("2");
  ASSERT_TRUE(open());
  server_.say(
      R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}})"
      "\n");
  ASSERT_TRUE(until([&] { return !events_.empty(); }));
  EXPECT_EQ(events_[0].type, Type::kError);
  EXPECT_TRUE(events_[0].error.expired());
}

TEST_F(ClientWatchTest, KeepsWhatARefusalSays) {
  connect();
  server_.script("watch=1", testing::ScriptedApiServer::failure(429, "TooManyRequests", "busy", "7"));
  watch();
  EXPECT_EQ(ended(), "TooManyRequests");
  EXPECT_EQ(end_->error().retryAfter, 7s);
  server_.script("watch=1", {.response = {.status = 502, .headers = {}, .body = "<html>"}});
  watch();
  EXPECT_EQ(ended(), "InternalError");
  EXPECT_EQ(server_.count("watch=1"), 2U);  // nothing is sent again by itself
}

TEST_F(ClientWatchTest, EndsOneThatHasGoneSilent) {
  connect({.watchIdle = 150ms});
  watch();
  ASSERT_TRUE(open());
  server_.add(pods(), named("a"));
  EXPECT_EQ(ended(), "ordinarily");
  EXPECT_EQ(events_.size(), 1U);
  server_.script("watch=1", {.kind = Fault::Kind::kSilent});
  watch();
  EXPECT_EQ(ended(), "DeadlineExceeded");  // not even an answer
}

// Bytes keep coming, and nothing comes of them: a proxy between may do that to a server that is gone.
TEST_F(ClientWatchTest, EndsOneThatTrickles) {
  connect({.watchIdle = 10s});
  for (const char* piece : {"x", "\n"}) {
    watch();
    ASSERT_TRUE(open());
    server_.say(R"({"type":"ADDED","object":{"metadata":{"name":"a"}}})"
                "\n");
    const base::Instant began = fast_.now();
    ASSERT_TRUE(until([&] {
      server_.say(piece);
      return end_.has_value();
    }));
    EXPECT_EQ(ended(), "DeadlineExceeded");
    EXPECT_THAT(end_->error().message, HasSubstr("trickle"));
    EXPECT_GE(fast_.now() - began, 10s);
    EXPECT_TRUE(until([&] { return server_.watches() == 0; }));
  }
  EXPECT_THAT(names(), ElementsAre("a@", "a@"));
}

TEST_F(ClientWatchTest, CanBeCancelledAnywhere) {
  connect();
  watch();
  client_->cancel(id_);  // before it is sent
  watch();
  ASSERT_TRUE(open());
  client_->cancel(id_);
  EXPECT_TRUE(until([&] { return server_.watches() == 0; }));
  client_->cancel(id_);
  client_->cancel(9999);

  std::size_t told = 0;
  id_ = client_->watch(kPods, {}, "1", 1min,
                       {.onEvent =
                            [&](const WatchEvent&) {
                              ++told;
                              client_->cancel(id_);  // from inside
                            },
                        .onEnd = [this](Result<void> how) { end_ = std::move(how); }});
  ASSERT_TRUE(open());
  const std::string line = R"({"type":"ADDED","object":{"metadata":{"name":"a"}}})";
  server_.say(line + "\n" + line + "\n");
  EXPECT_TRUE(until([&] { return server_.watches() == 0; }));
  EXPECT_EQ(told, 1U);
  EXPECT_FALSE(end_);
}

TEST_F(ClientWatchTest, SelectsAndShortens) {
  connect();
  watch("1", {.fieldSelector = "spec.nodeName=n", .metadataOnly = true});
  ASSERT_TRUE(open());
  server_.add(pods(), named("a", R"("spec":{"nodeName":"m"})"));
  server_.add(pods(), named("b", R"("spec":{"nodeName":"n"})"));
  ASSERT_TRUE(until([&] { return events_.size() == 1; }));
  EXPECT_EQ(events_[0].object.key.name, "b");
  EXPECT_THAT(events_[0].object.json, HasSubstr("PartialObjectMetadata"));
  EXPECT_THAT(events_[0].object.json, testing::Not(HasSubstr("nodeName")));
}

TEST_F(ClientWatchTest, ThatIsRefusedAsksForANewToken) {
  class Counting final : public TokenSource {
   public:
    explicit Counting(base::Loop& loop) : loop_(loop) {}
    void get(Done done) override {
      loop_.post([done = std::move(done), token = std::to_string(number)]() mutable {
        done(Credential{.token = token});
      });
    }
    void invalidate() override { ++number; }
    int number = 1;

   private:
    base::Loop& loop_;
  };
  const auto tokens = std::make_shared<Counting>(fast_);
  connect({}, tokens);
  server_.script("watch=1", testing::ScriptedApiServer::failure(401, "Unauthorized"));
  watch();
  EXPECT_EQ(ended(), "Unauthorized");
  watch();
  ASSERT_TRUE(open());
  EXPECT_EQ(server_.seen().back().token, "2");
}

}  // namespace
}  // namespace faasbatch::kube
