// What a function pod can reach, and what becomes of pods that cannot be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/suite/cluster.h"
#include "e2e/suite/gateway.h"
#include "e2e/suite/load.h"
#include "e2e/suite/workflows.h"

namespace faasbatch::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Answers for each [host, port] of its input whether a connection is made within a second.
constexpr const char* kConnect = R"(import socket
def handler(event, context):
    seen = []
    for host, port in event:
        try:
            socket.create_connection((host, port), 1).close()
            seen.append(True)
        except OSError:
            seen.append(False)
    return seen)";

std::string addressOf(const std::string& pod, const std::string& nameSpace) {
  return field("{.status.podIP}", {"pod", pod, "-n", nameSpace});
}

TEST(Isolation, AFunctionReachesItsAgentsStoreAndNothingElse) {
  const Namespace space;
  const Namespace other;
  const std::string token = space.token("faasbatch-invoker");
  space.applyReady(oneStep("connect", kConnect), "connect");
  other.applyReady(oneStep("echo", kEcho), "echo");
  ASSERT_EQ(Gateway(other.token("faasbatch-invoker")).invoke(other.name(), "echo", "1").status, 200);
  ASSERT_EQ(Gateway(token).invoke(space.name(), "connect", "[]").status, 200);
  const std::string node =
      field("{.spec.nodeName}", {"pod", space.pods("connect").at(0), "-n", space.name()});
  const std::string agent = field("{.items[0].status.podIP}", {"pods", "-n", std::string(kSystem), "-l",
                                                               "app.kubernetes.io/component=agent",
                                                               "--field-selector", "spec.nodeName=" + node});
  const std::string api = field("{.spec.clusterIP}", {"service", "kubernetes", "-n", "default"});
  const std::string couchdb = addressOf("faasbatch-couchdb-0", std::string(kSystem));
  const auto target = [](const std::string& host, int port) {
    return "[\"" + host + "\"," + std::to_string(port) + "]";
  };
  const std::string input = "[" + target(agent, 9444) + "," + target(agent, 9443) + "," +
                            target(agent, 8443) + "," + target(agent, 9090) + "," + target(api, 443) + "," +
                            target(addressOf(other.pods("echo").at(0), other.name()), 8080) + "," +
                            target(couchdb, 5984) + "]";
  const Reply reply = Gateway(token).invoke(space.name(), "connect", input);
  EXPECT_EQ(reply.body, "[true,false,false,false,false,false,false]")
      << "store, peers, gateway, health, API server, another's pod, CouchDB";
}

TEST(Isolation, APodHasNoTokenOfAnAccount) {
  const Namespace space;
  space.applyReady(oneStep("look",
                           "import os\ndef handler(event, context):\n    return "
                           "[os.path.exists('/var/run/secrets/kubernetes.io'), os.getuid()]"),
                   "look");
  EXPECT_EQ(Gateway(space.token("faasbatch-invoker")).invoke(space.name(), "look", "1").body,
            "[false,65532]");
}

TEST(Isolation, TheStoreKeepsWorkflowsApart) {
  const Namespace space;
  const std::string body =
      "def handler(event, context):\n    if event is not None:\n        context.store.put('key', event)\n    "
      "return context.store.get('key')";
  space.applyReady(oneStep("one", body), "one");
  space.applyReady(oneStep("two", body), "two");
  Gateway gateway(space.token("faasbatch-invoker"));
  EXPECT_EQ(gateway.invoke(space.name(), "one", "\"mine\"").body, "\"mine\"");
  EXPECT_EQ(gateway.invoke(space.name(), "one", "null").body, "\"mine\"");
  EXPECT_EQ(gateway.invoke(space.name(), "two", "null").body, "null");
}

TEST(Unavailable, AnImageThatDoesNotExist) {
  const Namespace space;
  space.applyReady(oneStep("missing", kEcho, "    image: localhost/no-such-image:1\n    timeout: 20s\n"),
                   "missing");
  const Reply reply = Gateway(space.token("faasbatch-invoker")).invoke(space.name(), "missing", "1");
  EXPECT_GE(reply.status, 500) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr("no-such-image"));
}

TEST(Unavailable, ATimeoutSaysWhatThePodWaitsFor) {
  const Namespace space;
  std::string manifest = oneStep("slow", kEcho, "    image: localhost/no-such-image:1\n");
  manifest.insert(manifest.find("  functions:"), "  timeout: 1s\n");
  space.applyReady(manifest, "slow");
  const Reply reply = Gateway(space.token("faasbatch-invoker")).invoke(space.name(), "slow", "1");
  EXPECT_EQ(reply.status, 504) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr("waits for a pod: pod slow-f-"));
}

TEST(Unavailable, AQuotaThatLeavesNoRoom) {
  const Namespace space;
  kubectl({"create", "quota", "none", "-n", space.name(), "--hard=pods=0"});
  space.applyReady(oneStep("full", kEcho, "    timeout: 10s\n"), "full");
  const Reply reply = Gateway(space.token("faasbatch-invoker")).invoke(space.name(), "full", "1");
  EXPECT_GE(reply.status, 500) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr("quota"));
}

TEST(Unavailable, ADeletedNamespaceEndsItsRuns) {
  Namespace kept;
  kept.applyReady(oneStep("echo", kEcho), "echo");
  Gateway administrator = administratorsGateway();
  std::vector<std::string> records;
  {
    const Namespace space;
    space.applyReady(
        oneStep("held", "import time\ndef handler(event, context):\n    time.sleep(600)\n    return event",
                "    timeout: 10m\n"),
        "held");
    records = accept(administrator, space.name(), "held", "1", 3);
    // `batch` is there as soon as a pod has been given the call.
    waitFor("calls under way",
            [&] { return administrator.get(records.at(0)).body.find(R"("batch":)") != std::string::npos; });
    kubectl({"delete", "namespace", space.name(), "--timeout=120s"});
  }
  const Fate fate = fateOf(administrator, records);
  EXPECT_EQ(fate.succeeded, 0U);
  ASSERT_EQ(fate.others.size(), 3U);
  for (const std::string& record : fate.others) {
    EXPECT_THAT(record, HasSubstr(R"("status":"Failed")"));
    EXPECT_THAT(record, HasSubstr("because it is being terminated")) << "the API server's words";
  }
  EXPECT_EQ(Gateway(kept.token("faasbatch-invoker")).invoke(kept.name(), "echo", "1").status, 200);
}

}  // namespace
}  // namespace faasbatch::e2e
