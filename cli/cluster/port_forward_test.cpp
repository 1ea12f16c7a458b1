#include "cli/cluster/port_forward.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "cli/cluster/fake_gateway.h"
#include "lib/testing/child_process.h"
#include "lib/testing/eventually.h"

namespace faasbatch::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const PortForwardOptions kOptions{.nameSpace = "sys", .service = "faasbatch-gateway", .port = 443};

bool gone(pid_t pid) { return ::kill(pid, 0) != 0; }

TEST(ForwardedPort, IsReadFromACompleteLine) {
  EXPECT_EQ(forwardedPort("Forwarding from 127.0.0.1:40123 -> 8443\n"), 40123);
  EXPECT_EQ(
      forwardedPort("Words\nForwarding from [::1]:1 -> 8443\nForwarding from 127.0.0.1:7 -> 8443\nmore"), 7);
  for (const char* text :
       {"", "Forwarding from 127.0.0.1:40123 -> 8443", "Forwarding from 127.0.0.1:0 -> 8443\n",
        "Forwarding from 127.0.0.1:99999 -> 8443\n", "Forwarding from 127.0.0.1: -> 8443\n",
        "Forwarding from 127.0.0.1:12\n", "Forwarding from 10.0.0.1:12 -> 8443\n"}) {
    EXPECT_EQ(forwardedPort(text), std::nullopt) << text;
  }
}

TEST(PortForwardArguments, HandOnWhatTheUserSaid) {
  EXPECT_THAT(portForwardArguments(kOptions),
              ElementsAre("--namespace=sys", "port-forward", "--address=127.0.0.1",
                          "service/faasbatch-gateway", ":443"));
  PortForwardOptions given = kOptions;
  given.kubeconfig = "/k";
  given.context = "c";
  EXPECT_THAT(portForwardArguments(given),
              ElementsAre("--kubeconfig=/k", "--context=c", "--namespace=sys", "port-forward",
                          "--address=127.0.0.1", "service/faasbatch-gateway", ":443"));
}

TEST(PortForward, LivesAsLongAsItsObject) {
  const FakeKubectl kubectl(4711);
  auto forward = PortForward::start(kOptions);
  ASSERT_TRUE(forward) << forward.error().message;
  EXPECT_EQ((*forward)->port(), 4711);
  const pid_t pid = (*forward)->pid();
  EXPECT_FALSE(gone(pid));
  *forward = nullptr;
  EXPECT_TRUE(gone(pid));
  ASSERT_EQ(kubectl.calls().size(), 1U);
  EXPECT_EQ(kubectl.calls()[0].arguments,
            "--namespace=sys port-forward --address=127.0.0.1 service/faasbatch-gateway :443");
}

TEST(PortForward, SaysWhyItDoesNotComeAbout) {
  FakeKubectl kubectl(1);
  const auto failure = [] {
    const auto forward = PortForward::start(kOptions, 300ms);
    return forward ? "none" : forward.error().kind + ": " + forward.error().message;
  };
  kubectl.runs("echo 'a warning' >&2; echo 'error: services \"faasbatch-gateway\" not found' >&2; exit 1");
  EXPECT_EQ(failure(),
            "PortForwardFailed: kubectl port-forward ended: error: services \"faasbatch-gateway\" not found");
  kubectl.runs("exec sleep 1000");
  EXPECT_THAT(failure(), HasSubstr("did not listen within"));
  EXPECT_TRUE(gone(kubectl.calls().back().pid));
  kubectl.runs("yes | head -c 1000000; exec sleep 1000");
  EXPECT_THAT(failure(), HasSubstr("PortForwardFailed"));
  ::setenv("KUBECTL", "no-such-kubectl", 1);
  EXPECT_THAT(failure(), HasSubstr("KubectlNotFound: kubectl is not on PATH"));
  ::setenv("KUBECTL", "/nonexistent/kubectl", 1);
  EXPECT_THAT(failure(), HasSubstr("it cannot be run"));
}

}  // namespace
}  // namespace faasbatch::cli
