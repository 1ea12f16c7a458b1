// Electors and events at a real API server.
#include <algorithm>

#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/kube/event_recorder.h"
#include "lib/kube/lease.h"
#include "lib/kube/real_api_test.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;

class RealLeaseTest : public RealApiTest {
 protected:
  // A candidate with a connection of its own.
  struct Candidate {
    std::unique_ptr<Client> client;
    std::unique_ptr<LeaderElector> elector;
    int started = 0;
    int stopped = 0;
  };

  void start(Candidate& candidate, const std::string& nameSpace, const std::string& identity) {
    Access access{.server = server().url(),
                  .caPem = server().caPem(),
                  .token = fixedToken(*loop_, testing::KubeApiServer::kAdminToken)};
    candidate.client = Client::make(*loop_, std::move(access)).value();
    candidate.elector = LeaderElector::start(*loop_, *candidate.client,
                                             {.nameSpace = nameSpace,
                                              .name = "lead",
                                              .identity = identity,
                                              .leaseDuration = 3s,
                                              .renewDeadline = 2s,
                                              .retryPeriod = 400ms,
                                              .renewEvery = 1s},
                                             {.onStarted = [&candidate] { ++candidate.started; },
                                              .onStopped = [&candidate] { ++candidate.stopped; }});
  }
};

TEST_F(RealLeaseTest, NeverTwoLeadThroughStandstillsAndRestarts) {
  const std::string nameSpace = makeNamespace();
  std::vector<Candidate> all(2);
  start(all[0], nameSpace, "a");
  start(all[1], nameSpace, "b");
  const auto leaders = [&] {
    return std::ranges::count_if(all, [](const Candidate& c) { return c.elector->leading(); });
  };
  std::int64_t most = 0;
  bool looking = true;
  std::function<void()> look = [&] {
    most = std::max<std::int64_t>(most, leaders());
    if (looking) loop_->after(2ms, look);
  };
  look();
  ASSERT_TRUE(until([&] { return leaders() == 1; }));

  server().pause();
  EXPECT_TRUE(until([&] { return leaders() == 0; }));  // it knows when its time is up
  server().resume();
  EXPECT_TRUE(until([&] { return leaders() == 1; }));
  ASSERT_TRUE(server().restart());
  EXPECT_TRUE(until([&] { return leaders() == 1; }));

  // The other one leads when this one lets go.
  Candidate& leader = all[0].elector->leading() ? all[0] : all[1];
  Candidate& other = &leader == &all[0] ? all[1] : all[0];
  bool released = false;
  leader.elector->release(10s, [&] { released = true; });
  EXPECT_TRUE(until([&] { return released && other.elector->leading(); }));
  EXPECT_EQ(most, 1);
  const auto lease = get(kLeases, {nameSpace, "lead"});
  ASSERT_TRUE(lease);
  EXPECT_EQ(json::asString(*json::at(lease->json, {"spec", "holderIdentity"})),
            &other == &all[0] ? "a" : "b");
  looking = false;
  pass(5ms);
}

TEST_F(RealLeaseTest, EventsAreSeenByBothOfTheirNames) {
  const std::string nameSpace = makeNamespace();
  testing::FastLoop fast(*loop_, 20);
  const auto recorder = EventRecorder::make(fast, *client_, "faasbatch.io/test", "pod-0");
  const EventNote note{.regarding = {"v1", "ConfigMap", {nameSpace, "thing"}, "the-uid"},
                       .type = EventType::kWarning,
                       .reason = "SourceNotFound",
                       .action = "Resolve",
                       .note = "there is no key \"x\""};
  for (int i = 0; i < 3; ++i) recorder->record(note);
  // events.k8s.io/v1, with a series in the end.
  const base::Instant end = loop_->now() + testing::kPatience;
  std::string event;
  while (json::at(event, {"series", "count"}) != "3" && loop_->now() < end) {
    pass(20ms);
    const auto found = list(kEvents, {.nameSpace = nameSpace});
    ASSERT_TRUE(found) << found.error().message;
    if (!found->items.empty()) event = found->items[0].json;
  }
  EXPECT_EQ(json::at(event, {"series", "count"}), "3");
  EXPECT_EQ(json::at(event, {"note"}), R"("there is no key \"x\"")");
  // As `kubectl describe` and `kubectl get events` see it.
  constexpr Resource kCoreEvents{"", "v1", "events", "Event"};
  const auto core =
      list(kCoreEvents, {.nameSpace = nameSpace, .fieldSelector = "involvedObject.uid=the-uid"});
  ASSERT_TRUE(core) << core.error().message;
  ASSERT_EQ(core->items.size(), 1U);
  EXPECT_EQ(json::at(core->items[0].json, {"reason"}), "\"SourceNotFound\"");
  EXPECT_EQ(json::at(core->items[0].json, {"type"}), "\"Warning\"");
  EXPECT_EQ(recorder->dropped(), 0U);
}

}  // namespace
}  // namespace faasbatch::kube
