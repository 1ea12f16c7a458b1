// How long until many workflows are Ready, what the operator costs then, and what it asks of the API server
// when nothing happens. A GoogleTest program for its fixture; nothing is asserted but that it comes to an
// end.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>

#include "lib/kube/informer.h"
#include "operator/manager/whole_test.h"

namespace faasbatch::manager {
namespace {

constexpr int kWorkflows = 1000;
constexpr int kNodes = 3;
constexpr base::Duration kAtMost = std::chrono::minutes(10);
constexpr base::Duration kIdle = std::chrono::minutes(2);

class OperatorBench : public WholeOperatorTest {
 protected:
  // Of a series of /metrics.
  double metric(const Replica& replica, const std::string& name) {
    const std::string text = ask(replica.healthPort, "/metrics").body;
    const auto found = text.find("\n" + name + " ");
    return found == std::string::npos ? -1 : std::atof(text.c_str() + found + name.size() + 2);
  }
  double residentMb(const Replica& replica) { return metric(replica, "process_resident_memory_bytes") / 1e6; }

  void idle(base::Duration time) {
    const base::Instant end = loop_->now() + time;
    poll([&] { return loop_->now() >= end; }, 2 * time);
  }

  // Workflows that are Ready go into ready_ from now on.
  void follow() {
    const auto look = [this](const kube::Object& object) {
      if (controllers::readStatus(object.json).is(controllers::kReady)) ready_.insert(object.key);
    };
    follower_ = kube::Informer::start(
        *loop_, *client_, {.resource = kube::kFunctionWorkflows},
        {.onAdded = look,
         .onUpdated = [look](const kube::Object&, const kube::Object& object) { look(object); },
         .onDeleted = nullptr,
         .onSynced = nullptr});
  }
  void TearDown() override {
    follower_.reset();
    WholeOperatorTest::TearDown();
  }

  void applyAll(const std::string& nameSpace) {
    int answered = 0;
    int refused = 0;
    const std::string steps = R"([{"name":"a","function":"f"},{"name":"b","function":"f","after":["a"]},
                                  {"name":"c","function":"f","after":["a"]}])";
    for (int i = 0; i < kWorkflows; ++i) {
      client_->create(kube::kFunctionWorkflows, nameSpace,
                      workflow("wf-" + std::to_string(i), R"({"inline":"def f(x): return x"})", steps), {},
                      [&](const kube::Result<kube::Object>& made) {
                        ++answered;
                        if (!made) ++refused;
                      });
    }
    ASSERT_TRUE(poll([&] { return answered == kWorkflows; }, kAtMost));
    ASSERT_EQ(refused, 0);
  }

  std::set<kube::ObjectKey> ready_;
  std::unique_ptr<kube::Informer> follower_;
};

TEST_F(OperatorBench, ManyWorkflows) {
  connect({.requestTime = kAtMost});
  const std::string nameSpace = makeNamespace();
  const Replica& leader = startReplica("one");
  addWebhook(leader.webhookPort);
  ASSERT_TRUE(becomesReady(leader));
  const Replica& standby = startReplica("two");
  ASSERT_TRUE(becomesReady(standby));
  for (int i = 1; i <= kNodes; ++i) addAgent("w" + std::to_string(i));
  serve();
  ASSERT_TRUE(poll([&] { return metric(leader, R"(faasbatch_agents{state="Ready"})") == kNodes; }));
  std::printf("resident, no workflows: leader %.1f MB, standby %.1f MB\n", residentMb(leader),
              residentMb(standby));

  follow();
  const base::Instant began = loop_->now();
  applyAll(nameSpace);
  const base::Instant applied = loop_->now();
  ASSERT_TRUE(poll([&] { return ready_.size() == kWorkflows; }, kAtMost)) << logs();
  const base::Instant ready = loop_->now();
  std::printf("%d workflows on %d nodes: applied in %.1f s, all Ready after %.1f s\n", kWorkflows, kNodes,
              base::toMillis(applied - began) / 1000, base::toMillis(ready - began) / 1000);
  std::printf("resident: leader %.1f MB, standby %.1f MB; processor time of the leader %.1f s\n",
              residentMb(leader), residentMb(standby), metric(leader, "process_cpu_seconds_total"));

  idle(std::chrono::seconds(40));  // the last figures are written
  const double before = metric(leader, "faasbatch_kube_requests_total");
  const double standbyBefore = metric(standby, "faasbatch_kube_requests_total");
  idle(kIdle);
  const double minutes = base::toMillis(kIdle) / 60'000;
  std::printf("requests a minute when idle: leader %.1f, standby %.1f; resident: leader %.1f MB\n",
              (metric(leader, "faasbatch_kube_requests_total") - before) / minutes,
              (metric(standby, "faasbatch_kube_requests_total") - standbyBefore) / minutes,
              residentMb(leader));
}

}  // namespace
}  // namespace faasbatch::manager
