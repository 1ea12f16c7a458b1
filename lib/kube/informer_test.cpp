#include "lib/kube/informer.h"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "lib/json/path.h"
#include "lib/kube/api_test.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::ScriptedApiServer;
using testing::UnorderedElementsAre;

class InformerTest : public ApiTest {
 protected:
  InformerTest() { connect(); }
  ~InformerTest() override { informer_ = nullptr; }

  static InformerOptions ofPods() {
    return {.resource = kPods, .selection = {.nameSpace = "ns"}, .pageSize = 3};
  }

  void start(InformerOptions options = ofPods()) {
    informer_ = Informer::start(fast_, *client_, std::move(options),
                                {.onAdded = [this](const Object& o) { told_.push_back("+" + o.key.name); },
                                 .onUpdated =
                                     [this](const Object& before, const Object& o) {
                                       EXPECT_NE(before.resourceVersion, o.resourceVersion);
                                       told_.push_back("~" + o.key.name);
                                     },
                                 .onDeleted = [this](const Object& o) { told_.push_back("-" + o.key.name); },
                                 .onSynced = [this] { told_.push_back("synced"); }});
  }
  bool watching() {
    return until([&] { return server_.watches() == 1; });
  }
  // What was told since the last call, once `count` words were.
  std::vector<std::string> told(std::size_t count) {
    EXPECT_TRUE(until([&] { return told_.size() >= count; }));
    return std::exchange(told_, {});
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    informer_->forEach([&](const Object& o) { all.push_back(o.key.name); });
    return all;
  }
  void addPods(int count) {
    for (int i = 0; i < count; ++i) server_.add(pods(), named("p" + std::to_string(i)));
  }

  std::unique_ptr<Informer> informer_;
  std::vector<std::string> told_;
};

TEST_F(InformerTest, KnowsWhatThereIsAndWhatHappens) {
  addPods(2);
  start();
  EXPECT_FALSE(informer_->synced());
  EXPECT_THAT(told(3), ElementsAre("+p0", "+p1", "synced"));
  EXPECT_TRUE(informer_->synced());
  ASSERT_TRUE(watching());
  server_.add(pods(), named("new"));
  server_.merge(pods("p0"), R"({"spec":{"x":1}})");
  server_.remove(pods("p1"));
  EXPECT_THAT(told(3), ElementsAre("+new", "~p0", "-p1"));
  EXPECT_THAT(names(), ElementsAre("new", "p0"));
  ASSERT_NE(informer_->find({"ns", "p0"}), nullptr);
  EXPECT_EQ(informer_->find({"ns", "p0"})->json, server_.get(pods("p0")));
  EXPECT_EQ(informer_->find({"ns", "p1"}), nullptr);
  EXPECT_EQ(informer_->size(), 2U);
  EXPECT_EQ(server_.count("GET /api/v1/namespaces/ns/pods?limit="), 1U);
}

TEST_F(InformerTest, ListsInPages) {
  addPods(8);
  start();
  EXPECT_EQ(told(9).size(), 9U);
  EXPECT_EQ(informer_->size(), 8U);
  EXPECT_EQ(server_.count("GET /api/v1/namespaces/ns/pods?limit=3"), 3U);
  EXPECT_EQ(server_.count("continue="), 2U);
}

TEST_F(InformerTest, BeginsAListAnewThatExpiresInTheMiddle) {
  addPods(8);
  server_.script("continue=", ScriptedApiServer::failure(410, "Expired"));
  start();
  EXPECT_THAT(told(9), ElementsAre("+p0", "+p1", "+p2", "+p3", "+p4", "+p5", "+p6", "+p7", "synced"));
}

TEST_F(InformerTest, KeepsTryingToList) {
  addPods(1);
  server_.script("limit=", ScriptedApiServer::failure(403, "Forbidden"), 2);
  server_.script("limit=", {.response = {.status = 200, .headers = {}, .body = "<html>"}});
  server_.script("limit=", {.kind = Fault::Kind::kCut});
  start();
  EXPECT_THAT(told(2), ElementsAre("+p0", "synced"));
}

TEST_F(InformerTest, TakesAWatchUpAgainWhereItWas) {
  addPods(1);
  start();
  told(2);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(watching());
    server_.add(pods(), named("n" + std::to_string(i)));
    told(1);
    server_.endWatches();
  }
  ASSERT_TRUE(watching());
  server_.add(pods(), named("after"));
  EXPECT_THAT(told(1), ElementsAre("+after"));
  EXPECT_EQ(server_.count("limit="), 1U);
  EXPECT_EQ(server_.count("watch=1"), 4U);
}

TEST_F(InformerTest, MissesNothingWhileItsWatchIsCut) {
  addPods(2);
  start();
  told(3);
  ASSERT_TRUE(watching());
  server_.cutWatches(R"({"type":"ADDED","object":{"meta)");
  server_.add(pods(), named("meanwhile"));
  server_.remove(pods("p0"));
  EXPECT_THAT(told(2), ElementsAre("+meanwhile", "-p0"));
  EXPECT_EQ(server_.count("limit="), 1U);
}

TEST_F(InformerTest, MissesNothingThatItsWatchDoesNotGetToSay) {
  connect({.watchIdle = 10s});
  addPods(1);
  start();
  told(2);
  ASSERT_TRUE(watching());
  server_.say(R"({"type":"ADDED","object":{"meta)");
  ASSERT_TRUE(until([&] {
    server_.say("x");
    return server_.count("watch=1") == 2;
  }));
  server_.add(pods(), named("meanwhile"));
  EXPECT_THAT(told(1), ElementsAre("+meanwhile"));
  EXPECT_EQ(server_.count("limit="), 1U);
}

TEST_F(InformerTest, MovesOnWithBookmarks) {
  addPods(1);
  start();
  told(2);
  ASSERT_TRUE(watching());
  for (int i = 0; i < 5; ++i) server_.add("/api/v1/namespaces/other/pods", named("o" + std::to_string(i)));
  server_.bookmark();
  server_.endWatches();
  ASSERT_TRUE(watching());
  server_.compact();  // what lies before the bookmark is gone, and not needed
  server_.cutWatches("");
  ASSERT_TRUE(watching());
  EXPECT_EQ(server_.count("resourceVersion=7"), 2U);
  EXPECT_EQ(server_.count("limit="), 1U);
}

// Both forms of "gone": as the answer, and as an event.
TEST_F(InformerTest, ListsAnewWhatIsGoneAndTellsTheDifference) {
  addPods(4);
  start();
  told(5);
  for (const bool asEvent : {false, true}) {
    ASSERT_TRUE(watching());
    server_.script("watch=1", ScriptedApiServer::failure(500, "InternalError"), 2);
    server_.cutWatches("");
    server_.merge(pods("p0"), R"({"spec":{"x":)" + std::to_string(asEvent) + "}}");
    server_.remove(pods(asEvent ? "p2" : "p1"));
    server_.add(pods(), named(asEvent ? "n2" : "n1"));
    server_.compact();
    if (asEvent) {
      server_.script("watch=1",
                     {.kind = Fault::Kind::kStream,
                      .response = {.status = 200,
                                   .headers = {},
                                   .body = R"({"type":"ERROR","object":{"kind":"Status","code":410,)"
                                           R"("reason":"Gone","message":"gone"}})"
                                           "\n"}});
    }
    EXPECT_THAT(told(3), ElementsAre(asEvent ? "-p2" : "-p1", asEvent ? "+n2" : "+n1", "~p0")) << asEvent;
    EXPECT_NE(informer_->find({"ns", "p3"}), nullptr);
  }
  EXPECT_EQ(informer_->size(), 4U);
}

TEST_F(InformerTest, KeepsItsStoreWhileItCannotList) {
  addPods(2);
  start();
  told(3);
  ASSERT_TRUE(watching());
  server_.compact();
  server_.script("limit=", ScriptedApiServer::failure(500, "InternalError"), 30);
  server_.script("watch=1", ScriptedApiServer::failure(410, "Gone"));
  server_.cutWatches("");
  ASSERT_TRUE(until([&] { return server_.count("limit=") > 3; }));
  EXPECT_EQ(informer_->size(), 2U);
  EXPECT_TRUE(informer_->synced());
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(InformerTest, TellsAnObjectMadeAnewFromTheOldOne) {
  addPods(1);
  start();
  told(2);
  ASSERT_TRUE(watching());
  server_.script("watch=1", ScriptedApiServer::failure(410, "Gone"));
  server_.cutWatches("");
  server_.remove(pods("p0"));
  addPods(1);
  EXPECT_THAT(told(2), ElementsAre("-p0", "+p0"));
}

TEST_F(InformerTest, KeepsOnlyWhatIsWanted) {
  server_.add(
      pods(),
      R"({"metadata":{"name":"a","managedFields":[{"manager":"x"}],"annotations":{}},"spec":{"big":"text"}})");
  InformerOptions options = ofPods();
  options.transform = [](Object& object) { object.json = std::string(*json::at(object.json, {"metadata"})); };
  start(std::move(options));
  told(2);
  const Object* const object = informer_->find({"ns", "a"});
  ASSERT_NE(object, nullptr);
  EXPECT_THAT(object->json, Not(HasSubstr("big")));
  EXPECT_THAT(object->json, Not(HasSubstr("managedFields")));
  EXPECT_LE(object->json.capacity(), object->json.size() + 16);
}

TEST_F(InformerTest, MayKeepMetadataOnly) {
  server_.add("/api/v1/namespaces/ns/secrets", R"({"metadata":{"name":"s"},"data":{"password":"c2VjcmV0"}})");
  start({.resource = kSecrets, .selection = {.metadataOnly = true}});
  told(2);
  EXPECT_THAT(informer_->find({"ns", "s"})->json, Not(HasSubstr("password")));
  ASSERT_TRUE(watching());
  server_.merge("/api/v1/namespaces/ns/secrets/s", R"({"data":{"password":"b3RoZXI="}})");
  told(1);
  EXPECT_THAT(informer_->find({"ns", "s"})->json, Not(HasSubstr("password")));
}

TEST_F(InformerTest, LeavesOutWhatIsTooMuch) {
  addPods(4);
  InformerOptions options = ofPods();
  options.maxObjects = 3;
  start(std::move(options));
  told(4);
  ASSERT_TRUE(watching());
  server_.add(pods(), named("more"));
  server_.remove(pods("p0"));
  EXPECT_THAT(told(1), ElementsAre("-p0"));
  EXPECT_EQ(informer_->size(), 2U);
}

TEST_F(InformerTest, DoesNotAskWithoutEndAServerThatEndsEveryWatch) {
  addPods(1);
  server_.script("watch=1", {.response = {.status = 200, .headers = {}, .body = ""}}, 1000);
  start();
  told(2);
  pass(10s / kFaster);
  EXPECT_LE(server_.count("watch=1"), 20U);
}

TEST_F(InformerTest, KnowsHowOldItsWordIs) {
  start();
  told(1);
  ASSERT_TRUE(watching());
  pass(100ms);
  EXPECT_GE(informer_->staleness(), 2s);
  server_.bookmark();
  EXPECT_TRUE(until([&] { return informer_->staleness() < 1s; }));
}

TEST_F(InformerTest, EndsWhereverItIs) {
  addPods(8);
  for (const std::size_t requests : {0, 1, 2, 3, 4}) {
    const std::size_t before = server_.seen().size();
    start();
    ASSERT_TRUE(until([&] { return server_.seen().size() >= before + requests; }));
    informer_ = nullptr;
  }
  server_.script("limit=", ScriptedApiServer::failure(500, "InternalError"), 100);
  start();
  ASSERT_TRUE(until([&] { return server_.count("limit=") > 20; }));
  informer_ = nullptr;
  pass(20ms);
}

// Whatever goes wrong on the way, in the end the store is what the server has, and what was told adds up to
// it.
TEST_F(InformerTest, ComesToKnowEverythingInTheEnd) {
  std::map<std::string, std::string> mirror;
  informer_ = Informer::start(
      fast_, *client_, ofPods(),
      {.onAdded =
           [&](const Object& o) { EXPECT_TRUE(mirror.emplace(o.key.name, o.json).second) << o.key.name; },
       .onUpdated =
           [&](const Object& before, const Object& o) {
             EXPECT_EQ(mirror.at(o.key.name), before.json);
             mirror[o.key.name] = o.json;
           },
       .onDeleted = [&](const Object& o) { EXPECT_EQ(mirror.erase(o.key.name), 1U) << o.key.name; }});
  std::mt19937 random(11);
  std::map<std::string, int> there;
  for (int round = 0; round < 300; ++round) {
    const std::string name = "p" + std::to_string(random() % 9);
    if (!there.contains(name)) {
      server_.add(pods(), named(name));
      there[name] = 0;
    } else if (random() % 3 == 0) {
      server_.remove(pods(name));
      there.erase(name);
    } else {
      server_.merge(pods(name), R"({"spec":{"x":)" + std::to_string(++there[name]) + "}}");
    }
    switch (random() % 14) {
      case 0:
        server_.cutWatches(R"({"type":)");
        break;
      case 1:
        server_.endWatches();
        break;
      case 2:
        server_.compact();
        server_.cutWatches("");
        break;
      case 3:
        server_.say("garbage\n");
        break;
      case 4:
        server_.script("pods?", ScriptedApiServer::failure(500, "InternalError"), 2);
        break;
      case 5:
        server_.script("pods?", {.kind = Fault::Kind::kCut});
        break;
      case 6:
        server_.script("watch=1", ScriptedApiServer::failure(410, "Expired"));
        break;
      case 7:
        server_.bookmark();
        break;
      default:
        pass(std::chrono::milliseconds(random() % 20));
    }
  }
  server_.clearScript();
  const auto same = [&] {
    if (mirror.size() != there.size()) return false;
    return std::ranges::all_of(
        mirror, [&](const auto& entry) { return server_.get(pods(entry.first)) == entry.second; });
  };
  EXPECT_TRUE(until(same));
  EXPECT_EQ(informer_->size(), there.size());
  for (const auto& [name, json] : mirror) EXPECT_EQ(informer_->find({"ns", name})->json, json);
}

}  // namespace
}  // namespace faasbatch::kube
