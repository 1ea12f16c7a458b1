// The cluster's API server hangs, goes, comes back: what is served goes on, what is new waits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "e2e/suite/cluster.h"
#include "e2e/suite/gateway.h"
#include "e2e/suite/installation.h"
#include "e2e/suite/workflows.h"

namespace faasbatch::e2e {
namespace {

// Longer than the leader's renewal deadline (10 s) and the Lease (15 s): no operator leads at its end.
constexpr auto kAway = std::chrono::seconds(20);

// While it is there, connections to the API server are accepted, and hang.
class ApiServerPaused {
 public:
  ApiServerPaused() { node({"pause", "kube-apiserver"}); }
  ~ApiServerPaused() { resume(); }
  ApiServerPaused(const ApiServerPaused&) = delete;
  ApiServerPaused& operator=(const ApiServerPaused&) = delete;
  void resume() {
    if (!std::exchange(resumed_, true)) node({"resume", "kube-apiserver"});
  }

 private:
  bool resumed_ = false;
};

TEST(ApiServer, ThatHangsHoldsUpNoCallOfAWarmFunction) {
  const Namespace space;
  space.applyReady(oneStep("echo", kEcho), "echo");
  // Who calls cannot be asked meanwhile; what was answered just now is remembered for a minute.
  Gateway gateway(space.token("faasbatch-invoker"));
  ASSERT_EQ(gateway.invoke(space.name(), "echo", "1").status, 200);
  ApiServerPaused pause;
  const auto end = std::chrono::steady_clock::now() + kAway;
  std::size_t calls = 0;
  base::Duration slowest{0};
  while (std::chrono::steady_clock::now() < end) {
    const Reply reply = gateway.invoke(space.name(), "echo", std::to_string(calls));
    ASSERT_EQ(reply.status, 200) << reply.body;
    ASSERT_EQ(reply.body, std::to_string(calls));
    slowest = std::max(slowest, reply.took);
    ++calls;
  }
  pause.resume();
  EXPECT_GT(calls, 100U);
  say("the slowest of " + std::to_string(calls) + " calls while the API server hung", slowest);
  const auto began = std::chrono::steady_clock::now();
  waitFor("an answer of the API server",
          [] { return tryKubectl({"get", "--raw=/readyz", "--request-timeout=5s"}).ok(); });
  // The webhook is there, an operator leads, agents hear of what is new.
  waitFor("a workflow is applied", [&] {
    const TextFile manifest(oneStep("after", kEcho));
    return tryKubectl({"apply", "-n", space.name(), "-f", manifest.path()}).ok();
  });
  kubectl({"wait", "-n", space.name(), "--for=condition=Ready", "--timeout=90s", "fwf/after"});
  say("from the API server's return to the next workflow Ready", std::chrono::steady_clock::now() - began);
  EXPECT_EQ(gateway.invoke(space.name(), "after", "7").body, "7");
}

}  // namespace
}  // namespace faasbatch::e2e
