// Generic pods by namespace and runtime, pods of a function's own, and pods that an earlier agent left.
#include <gmock/gmock.h>

#include "node-agent/batching/dispatcher_harness.h"

namespace faasbatch::batching {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const pods::Stock kDefault{.nameSpace = "default", .runtime = workflow::Runtime::kPython};
const pods::Stock kOther{.nameSpace = "other", .runtime = workflow::Runtime::kPython};
const calls::FunctionKey kOtherKey{"other", "wf", "f"};

Dispatcher::Options perUse() {
  Dispatcher::Options options;
  options.alwaysWarm.clear();
  return options;
}

TEST(DispatcherStock, KeepsAGenericPodOnlyWhereAFunctionCanUseIt) {
  Harness h(perUse());
  h.scripted.perNamespace = true;
  h.dispatcher->apply(kKey, Harness::spec());
  h.dispatcher->apply(kOtherKey, Harness::spec());
  h.until([&] { return h.scripted.created == 2; });
  EXPECT_THAT(h.scripted.genericsMade, UnorderedElementsAre(kDefault, kOther));
  h.submit("1", nullptr, kOtherKey);
  h.untilDone(1);
  h.until([&] { return h.scripted.created == 3; });
  EXPECT_EQ(h.scripted.genericsMade.back(), kOther);
  EXPECT_EQ(h.scripted.specialisedPods.size(), 1U);

  h.dispatcher->remove(kOtherKey);
  h.until([&] { return h.scripted.alivePods() == 1; });
}

TEST(DispatcherStock, MakesPodsOfItsOwnForAFunctionThatNeedsThem) {
  Harness h(perUse());
  h.scripted.ownPods = true;
  auto spec = Harness::spec();
  spec.pool.minWarm = 1;
  h.dispatcher->apply(kKey, spec);
  h.until([&] { return h.status().warmPods == 1; });
  h.submit("1");
  h.untilDone(1);
  EXPECT_EQ(h.scripted.created, 1U);
  EXPECT_THAT(h.scripted.genericsMade, IsEmpty());
  EXPECT_THAT(h.scripted.specialisedPods, IsEmpty());
}

TEST(DispatcherStock, APodThatStartsForAnOldSpecIsNotGivenTheNewOneWhereItWasMadeForIt) {
  for (const bool own : {true, false}) {
    Harness h;
    h.scripted.ownPods = own;
    h.scripted.holdStarts = true;
    h.dispatcher->apply(kKey, Harness::spec("old"));
    const auto id = h.submit("1");
    h.until([&] { return h.scripted.created == 1; });
    h.dispatcher->apply(kKey, Harness::spec("new"));
    if (own) h.until([&] { return h.scripted.created == 2; });
    h.scripted.startHeld();
    h.untilDone(1);
    EXPECT_EQ(h.outcome(id), "1");
    EXPECT_EQ(h.scripted.created, own ? 2U : 1U);
  }
}

class Adoption : public ::testing::Test {
 protected:
  static Dispatcher::Options adopting() {
    Dispatcher::Options options = perUse();
    options.adopts = true;
    options.storeKind = "Agent";
    options.storeEndpoint = "http://10.0.0.1:9444";
    options.storeToken = [](const std::string& pod, const calls::FunctionKey& key) {
      return pod + " of " + key.describe();
    };
    return options;
  }
  void adopt() {
    bool done = false;
    h.dispatcher->adoptPods([&] { done = true; });
    h.until([&] { return done; });
  }
  Harness h{adopting()};
};

TEST_F(Adoption, NoPodIsMadeBeforeItIsThroughAndCallsUseTheAdoptedOne) {
  h.scripted.leave("old", std::nullopt, kKey.describe(), Harness::spec().digest);
  auto spec = Harness::spec();
  spec.pool.minWarm = 1;
  h.dispatcher->apply(kKey, spec);
  h.submit("1");
  h.until([&] { return h.status().queued == 1; });
  EXPECT_EQ(h.scripted.created, 0U);
  adopt();
  h.untilDone(1);
  EXPECT_EQ(h.results.at(1).where.pod, "old");
  EXPECT_THAT(h.scripted.ended, IsEmpty());
  EXPECT_THAT(h.metrics.render(), HasSubstr("faasbatch_pods_adopted_total 1"));
  h.until([&] { return h.scripted.created == 1; });
  EXPECT_THAT(h.scripted.genericsMade, ElementsAre(pods::Stock{})) << "one for the stock, and no more";
}

TEST_F(Adoption, APodServesItsFunctionsKeysForAsLongAsItIsThere) {
  h.scripted.leave("old", std::nullopt, kKey.describe(), Harness::spec().digest);
  h.dispatcher->apply(kKey, Harness::spec());
  EXPECT_EQ(h.dispatcher->servesStore("old", "default/wf/"), std::nullopt) << "nobody knows yet";
  adopt();
  EXPECT_EQ(h.dispatcher->servesStore("old", "default/wf/"), true);
  EXPECT_EQ(h.dispatcher->servesStore("old", "default/w/"), false);
  EXPECT_EQ(h.dispatcher->servesStore("other", "default/wf/"), false);
  h.submit(R"({"do":"wait"})");
  h.until([&] { return h.scripted.waiting() == 1; });
  h.dispatcher->apply(kKey, Harness::spec("new"));  // it drains
  h.submit("2");
  h.untilDone(1);
  const std::string next = h.podOf(2);
  EXPECT_EQ(h.dispatcher->servesStore("old", "default/wf/"), true) << "its call is not at its end";
  EXPECT_EQ(h.dispatcher->servesStore(next, "default/wf/"), true);
  h.scripted.release();
  h.until([&] { return h.dispatcher->servesStore("old", "default/wf/") == false; });
  h.scripted.lose(next, "killed");
  h.until([&] { return h.dispatcher->servesStore(next, "default/wf/") == false; });
}

TEST_F(Adoption, EndsPodsOfAnotherDigestAndOfUnknownFunctions) {
  h.scripted.leave("stale", std::nullopt, kKey.describe(), "d-before");
  h.scripted.leave("stranger", std::nullopt, "default/wf/gone", Harness::spec().digest);
  h.scripted.leave("elsewhere", kDefault);
  h.scripted.leave("outdated", std::nullopt, kKey.describe(), Harness::spec().digest, "yesterday");
  h.scripted.leave("outdated-generic", pods::Stock(), "", "", "yesterday");
  h.dispatcher->apply(kKey, Harness::spec());
  adopt();
  EXPECT_THAT(h.scripted.ended,
              UnorderedElementsAre("stale", "stranger", "elsewhere", "outdated", "outdated-generic"));
}

TEST_F(Adoption, SpecialisesAnAdoptedGenericPod) {
  h.scripted.perNamespace = true;
  h.scripted.leave("generic", kDefault);
  h.scripted.leave("second", kDefault);
  h.dispatcher->apply(kKey, Harness::spec());
  adopt();
  EXPECT_THAT(h.scripted.ended, ElementsAre("second"));
  h.submit("1");
  h.untilDone(1);
  EXPECT_EQ(h.results.at(1).where.pod, "generic");
  EXPECT_THAT(h.scripted.specialisedPods, Contains("generic"));
}

TEST_F(Adoption, TellsAPodWhereItsStoreIsNow) {
  h.scripted.leave("old", std::nullopt, kKey.describe(), Harness::spec().digest);
  h.scripted.leave("generic", pods::Stock());
  h.dispatcher->apply(kKey, Harness::spec());
  adopt();
  h.until([&] { return !h.scripted.stores.empty(); });
  EXPECT_THAT(h.scripted.stores,
              ElementsAre(R"({"kind":"Agent","url":"http://10.0.0.1:9444","prefix":"default/wf/",)"
                          R"("token":"old of default/wf/f"})"));
}

TEST_F(Adoption, NoticesTheEndOfAnAdoptedPod) {
  h.scripted.leave("old", std::nullopt, kKey.describe(), Harness::spec().digest);
  h.dispatcher->apply(kKey, Harness::spec());
  adopt();
  const auto id = h.submit(R"({"do":"die"})", [](calls::Call& call) { call.alone = true; });
  h.untilDone(1);
  EXPECT_EQ(h.outcome(id), "WorkerCrashed");
  h.submit("2");
  h.untilDone(2);
  EXPECT_EQ(h.outcome(2), "2");
}

TEST(DispatcherStock, APodThatSomebodyEndsFinishesItsCallsAndGetsNoNewOnes) {
  Harness h;
  h.dispatcher->apply(kKey, Harness::spec());
  const auto under = h.submit(R"({"do":"wait"})");
  h.until([&] { return h.scripted.waiting() == 1; });
  h.scripted.leaving("no such pod", "evicted");
  h.scripted.leaving(h.podOf(under), "evicted");
  const auto after = h.submit("2");
  h.untilDone(1);
  EXPECT_EQ(h.outcome(after), "2");
  EXPECT_NE(h.results.at(after).where.pod, h.podOf(under));
  EXPECT_THAT(h.scripted.ended, IsEmpty());
  h.scripted.release();
  h.untilDone(2);
  EXPECT_EQ(h.outcome(under), R"({"do":"wait"})");
  h.until([&] { return h.scripted.ended == std::vector{h.podOf(under)}; });
}

TEST_F(Adoption, FindsNothingAndMakesPodsThen) {
  h.dispatcher->apply(kKey, Harness::spec());
  h.submit("1");
  adopt();
  h.untilDone(1);
  EXPECT_EQ(h.outcome(1), "1");
}

}  // namespace
}  // namespace faasbatch::batching
