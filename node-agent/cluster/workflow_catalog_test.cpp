#include "node-agent/cluster/workflow_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/fake_loop.h"
#include "node-agent/batching/dispatcher_harness.h"
#include "node-agent/journal/memory.h"

namespace faasbatch::clusterview {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kNode = "n1";

// What a test says of a workflow.
struct Says {
  std::string name = "order";
  std::int64_t generation = 1;
  std::int64_t placed = 1;  // generation; 0: not placed
  std::string node = kNode;
  std::string uid = "u";
  std::string step = R"({"name":"w","wait":"1s"})";
  std::string sources = "[]";
};

WorkflowNews news(const Says& says, bool compiled = true) {
  kube::Object object{.key = {"shop", says.name}, .uid = says.uid, .generation = says.generation};
  object.json =
      R"({"apiVersion":"faasbatch.io/v1alpha1","kind":"FunctionWorkflow","metadata":{},"spec":{"steps":[)" +
      says.step + "]}";
  if (says.placed > 0) {
    object.json += R"(,"status":{"placementGeneration":)" + std::to_string(says.placed) +
                   R"(,"placement":[{"step":"w","group":0,"store":"Node","node":")" + says.node +
                   R"("}],"replicas":[{"nodes":[")" + says.node + R"("]}],"sources":)" + says.sources + "}";
  }
  object.json += "}";
  WorkflowNews one{.object = readWorkflow(object)};
  EXPECT_EQ(one.object.fault, "");
  if (compiled && one.object.specIsPlaced()) {
    auto plan = runs::compileServed(servedObject(object, one.object), "shop");
    if (plan) {
      one.compiled = std::make_shared<workflow::Compiled>(std::move(*plan));
    } else {
      one.failure = plan.error().front().message;
    }
  }
  return one;
}

class ScriptedFeed final : public WorkflowFeed {
 public:
  explicit ScriptedFeed(Handlers given) : handlers(std::move(given)) {}
  void fetch(const kube::ObjectKey& key,
             std::move_only_function<void(kube::Result<WorkflowNews>)> done) override {
    asked.push_back(key.name);
    fetches.push_back(std::move(done));
  }
  void read(const kube::ObjectKey& key,
            std::move_only_function<void(kube::Result<std::string>)> done) override {
    if (key.name == "none") return done(std::unexpected(kube::ApiError{.status = 404, .reason = "NotFound"}));
    done(key.name.empty() ? "the list" : "the object " + key.name);
  }
  void answer(const kube::Result<WorkflowNews>& result) {
    for (auto& done : std::exchange(fetches, {})) done(result);
  }
  void notFound() { answer(std::unexpected(kube::ApiError{.status = 404, .reason = "NotFound"})); }

  Handlers handlers;
  std::vector<std::string> asked;
  std::vector<std::move_only_function<void(kube::Result<WorkflowNews>)>> fetches;
};

class Catalog : public ::testing::Test {
 protected:
  Catalog() { start(); }
  void start() {
    catalog.reset();
    catalog = std::make_unique<WorkflowCatalog>(
        WorkflowCatalog::Dependencies{.loop = loop,
                                      .workflows = workflows,
                                      .node = kNode,
                                      .feed =
                                          [this](WorkflowFeed::Handlers handlers) {
                                            auto made = std::make_unique<ScriptedFeed>(std::move(handlers));
                                            feed = made.get();
                                            return made;
                                          },
                                      .onSynced = [this] { ++synced; },
                                      .onChanged = [this] { ++changes; }});
  }
  void say(const Says& says, bool compiled = true) {
    feed->handlers.onNews(news(says, compiled));
    loop.runReady();
  }
  void answer(const Says& says) {
    feed->answer(news(says));
    loop.runReady();
  }
  const runs::AppliedWorkflow* served(const std::string& name = "order") {
    return workflows.find("shop", name);
  }
  // "ok", or the kind of the error; "nothing yet".
  std::shared_ptr<std::string> need(const std::string& name = "order") {
    auto seen = std::make_shared<std::string>("nothing yet");
    catalog->need("shop", name, [seen](const base::Result<void>& result) {
      EXPECT_EQ(*seen, "nothing yet") << "told twice";
      *seen = result ? "ok" : result.error().kind;
    });
    loop.runReady();
    return seen;
  }
  std::vector<cluster::WorkflowReport> report() const { return catalog->report(); }

  base::FakeLoop loop;
  batching::Harness pods;
  std::unique_ptr<journal::Journal> journal = journal::makeMemoryJournal(loop);
  runs::Workflows workflows{*pods.dispatcher, *journal};
  ScriptedFeed* feed = nullptr;
  int synced = 0;
  int changes = 0;
  std::unique_ptr<WorkflowCatalog> catalog;
};

TEST_F(Catalog, ServesWhatIsPlacedHereAndAcknowledgesIt) {
  say({});
  ASSERT_NE(served(), nullptr);
  EXPECT_EQ(served()->generation, 1);
  EXPECT_EQ(served()->uid, "u");
  ASSERT_EQ(report().size(), 1U);
  EXPECT_EQ(report()[0].generation, 1);
  EXPECT_EQ(report()[0].uid, "u");
  EXPECT_EQ(report()[0].placementDigest, served()->placement->digest());
  EXPECT_EQ(report()[0].failure, "");
  EXPECT_GT(changes, 0);
  EXPECT_EQ(catalog->find("shop", "order")->placement, served()->placement);
  EXPECT_EQ(catalog->find("shop", "other"), nullptr);
}

TEST_F(Catalog, FollowsGenerationsPlacementsAndDeletions) {
  say({});
  say({.generation = 2}, false);
  EXPECT_EQ(served()->generation, 1) << "the new spec has not been placed yet";
  EXPECT_EQ(report()[0].generation, 1);
  say({.generation = 2, .placed = 2, .step = R"({"name":"w","wait":"2s"})"});
  EXPECT_EQ(served()->generation, 2);
  const std::string before = report()[0].placementDigest;
  say({.generation = 2, .placed = 2, .node = "n2"}, false);
  EXPECT_EQ(served(), nullptr) << "it went elsewhere";
  EXPECT_THAT(report(), IsEmpty());
  say({.generation = 2, .placed = 2});
  EXPECT_EQ(report()[0].placementDigest, before);
  feed->handlers.onDeleted({"shop", "order"}, "another one's");
  EXPECT_NE(served(), nullptr);
  feed->handlers.onDeleted({"shop", "order"}, "u");
  EXPECT_EQ(served(), nullptr);
  EXPECT_EQ(catalog->find("shop", "order"), nullptr);
}

TEST_F(Catalog, MovesWithoutCompilingAndServesOtherSources) {
  say({.sources = R"([{"name":"c","key":"k","sha256":"1"}])"});
  const std::string digest = report()[0].placementDigest;
  WorkflowNews moved = news({.sources = R"([{"name":"c","key":"k","sha256":"1"}])"}, false);
  auto placement = *moved.object.placement;
  placement.replicas.push_back({{"n2"}});
  moved.object.placement = std::make_shared<const cluster::Placement>(placement);
  feed->handlers.onNews(std::move(moved));
  EXPECT_NE(report()[0].placementDigest, digest);
  EXPECT_THAT(feed->asked, IsEmpty());
  say({.sources = R"([{"name":"c","key":"k","sha256":"2"}])"}, false);
  EXPECT_THAT(feed->asked, ElementsAre("order")) << "it did not come compiled";
  answer({.sources = R"([{"name":"c","key":"k","sha256":"2"}])"});
  EXPECT_THAT(served()->object, HasSubstr(R"("sha256":"2")"));
}

TEST_F(Catalog, SaysWhyItDoesNotServe) {
  say({.step = R"({"name":"w","wait":"nonsense"})"});
  EXPECT_EQ(served(), nullptr);
  EXPECT_EQ(report()[0].generation, 0);
  EXPECT_THAT(report()[0].failure, HasSubstr("nonsense"));
  EXPECT_EQ(*need(), "WorkflowNotReady");
  EXPECT_THAT(feed->asked, IsEmpty()) << "asking again changes nothing";
  say({.name = "newer", .generation = 2});
  EXPECT_THAT(report()[0].failure, HasSubstr("generation 1 is placed, but the API server has generation 2"));
}

TEST_F(Catalog, IsSyncedWhenWhatIsPlacedHereIsServed) {
  feed->handlers.onNews(news({}));
  feed->handlers.onSynced();
  EXPECT_EQ(synced, 0);
  loop.runReady();
  EXPECT_EQ(synced, 1);
  EXPECT_TRUE(catalog->synced());
}

TEST_F(Catalog, AtItsStartLetsGoOfWhatTheJournalKeptAndIsNotHere) {
  for (const char* name : {"order", "gone", "moved"}) say({.name = name});
  start();
  say({}, false);
  say({.name = "moved", .node = "n2"}, false);
  EXPECT_NE(served("gone"), nullptr);
  feed->handlers.onSynced();
  loop.runReady();
  EXPECT_NE(served("order"), nullptr);
  EXPECT_EQ(served("gone"), nullptr);
  EXPECT_EQ(served("moved"), nullptr);
  EXPECT_EQ(synced, 1);
  EXPECT_THAT(feed->asked, IsEmpty()) << "the journal had it";
}

TEST_F(Catalog, ACallElsewherePlacedGetsItForTenMinutes) {
  say({.node = "n2"}, false);
  EXPECT_EQ(served(), nullptr);
  const auto first = need();
  const auto second = need();
  EXPECT_THAT(feed->asked, ElementsAre("order"));
  EXPECT_EQ(*first, "nothing yet");
  answer({.node = "n2"});
  EXPECT_EQ(*first, "ok");
  EXPECT_EQ(*second, "ok");
  EXPECT_EQ(*need(), "ok");
  EXPECT_THAT(feed->asked, ElementsAre("order"));
  EXPECT_THAT(report(), IsEmpty()) << "it is not placed here";
  loop.advance(kUnusedTime / 2);
  EXPECT_EQ(*need(), "ok");
  loop.advance(kUnusedTime / 2 + kSweepTime);
  EXPECT_NE(served(), nullptr);
  loop.advance(kUnusedTime + 2 * kSweepTime);
  EXPECT_EQ(served(), nullptr);
}

TEST_F(Catalog, ACallForANewGenerationElsewhereGetsThatOne) {
  say({.node = "n2"}, false);
  need();
  answer({.node = "n2"});
  say({.generation = 2, .placed = 2, .node = "n2"}, false);
  const auto again = need();
  answer({.generation = 2, .placed = 2, .node = "n2"});
  EXPECT_EQ(*again, "ok");
  EXPECT_EQ(served()->generation, 2);
}

TEST_F(Catalog, AsksOnceForWhatItDoesNotKnow) {
  const auto first = need("new");
  const auto second = need("new");
  EXPECT_THAT(feed->asked, ElementsAre("new"));
  feed->notFound();
  EXPECT_EQ(*first, "WorkflowNotFound");
  EXPECT_EQ(*second, "WorkflowNotFound");
  EXPECT_EQ(*need("new"), "WorkflowNotFound");
  EXPECT_EQ(feed->asked.size(), 1U) << "remembered for a second";
  loop.advance(kNotFoundTime);
  const auto third = need("new");
  EXPECT_EQ(feed->asked.size(), 2U);
  answer({.name = "new"});
  EXPECT_EQ(*third, "ok");
}

TEST_F(Catalog, LooksUpWithoutServing) {
  std::optional<base::Result<runs::DirectoryEntry>> found;
  const auto lookUp = [&](const std::string& name) {
    found.reset();
    catalog->lookUp("shop", name,
                    [&](base::Result<runs::DirectoryEntry> entry) { found = std::move(entry); });
  };
  lookUp("order");
  EXPECT_FALSE(found);
  answer({.node = "n2"});
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->generation, 1);
  EXPECT_EQ(served(), nullptr);
  lookUp("order");
  EXPECT_TRUE(found && *found);
  lookUp("none");
  feed->notFound();
  EXPECT_EQ(found->error().kind, "WorkflowNotFound");
}

TEST_F(Catalog, ReadsObjectsAndListsFromTheApiServer) {
  const auto read = [&](const std::string& name) {
    std::string seen;
    catalog->read("shop", name,
                  [&](const base::Result<std::string>& text) { seen = text ? *text : text.error().kind; });
    return seen;
  };
  EXPECT_EQ(read("order"), "the object order");
  EXPECT_EQ(read(""), "the list");
  EXPECT_EQ(read("none"), "WorkflowNotFound");
}

TEST_F(Catalog, TellsThatTheApiServerIsAwayFromThatThereIsNone) {
  const auto seen = need("new");
  feed->answer(std::unexpected(kube::ApiError{.reason = "Unreachable", .message = "refused"}));
  EXPECT_EQ(*seen, "ClusterUnavailable");
  need("new");
  EXPECT_EQ(feed->asked.size(), 2U) << "not remembered";
}

TEST_F(Catalog, BoundsWhatItAsksForAtOnce) {
  std::vector<std::shared_ptr<std::string>> all;
  for (std::size_t i = 0; i <= kMaxFetches; ++i) all.push_back(need("w" + std::to_string(i)));
  EXPECT_EQ(feed->asked.size(), kMaxFetches);
  EXPECT_EQ(*all.back(), "ClusterUnavailable");
}

TEST_F(Catalog, GetsWhatAWorkflowReaches) {
  const std::string runsOther = R"({"name":"w","workflow":"other"})";
  say({.step = runsOther});
  const auto seen = need();
  EXPECT_THAT(feed->asked, ElementsAre("other"));
  EXPECT_EQ(*seen, "nothing yet");
  answer({.name = "other", .node = "n2", .step = R"({"name":"w","workflow":"order"})"});
  EXPECT_EQ(*seen, "ok") << "a circle ends";
  EXPECT_NE(served("other"), nullptr);
  loop.advance(kUnusedTime * 3);
  EXPECT_NE(served("other"), nullptr) << "it is reached by what is served";
  feed->handlers.onDeleted({"shop", "order"}, "u");
  loop.advance(kUnusedTime * 2);
  EXPECT_EQ(served("other"), nullptr);
}

TEST_F(Catalog, AReachedWorkflowThatIsNotThereIsNoReasonNotToBegin) {
  say({.step = R"({"name":"w","workflow":"missing"})"});
  const auto seen = need();
  feed->notFound();
  EXPECT_EQ(*seen, "ok");
}

TEST_F(Catalog, NewsThatOvertakesTheJournalIsServedInOrder) {
  feed->handlers.onNews(news({}));
  feed->handlers.onNews(news({}, false));
  feed->handlers.onNews(news({.generation = 2, .placed = 2, .step = R"({"name":"w","wait":"2s"})"}));
  loop.runReady();
  EXPECT_EQ(served()->generation, 2);
  EXPECT_THAT(feed->asked, IsEmpty());
  feed->handlers.onNews(news({.generation = 3, .placed = 3}));
  feed->handlers.onDeleted({"shop", "order"}, "u");
  loop.runReady();
  EXPECT_EQ(served(), nullptr);
}

}  // namespace
}  // namespace faasbatch::clusterview
