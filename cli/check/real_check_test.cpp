// `kubectl faasbatch check` at a real API server that has the chart's objects, and nobody who makes anything
// of them: no kubelet, no controllers, no operator.
#include <gmock/gmock.h>

#include "cli/cluster/fake_gateway.h"
#include "cli/cluster/real_cluster_test.h"

namespace faasbatch::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class RealCheckTest : public RealCluster {};

TEST_F(RealCheckTest, NamesEveryPartOfTheChartAndWhatIsMissing) {
  const Ran applied =
      raw({"apply", "--server-side", "-f", FAASBATCH_SOURCE_DIR "/helm/golden/defaults.yaml"});
  ASSERT_EQ(applied.code, 0) << applied.output;
  FakeGateway gateway("faasbatch-system");
  const FakeKubectl kubectl(gateway.port());
  const std::string ca = file("ca.yaml",
                              "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: faasbatch-ca, namespace: "
                              "faasbatch-system}\ndata: {ca.crt: " +
                                  json::quoted(gateway.caPem()) + "}\n");
  ASSERT_EQ(raw({"apply", "-f", ca}).code, 0);
  beAdmin();
  const Ran ran = faasbatch({"check"});
  EXPECT_EQ(ran.code, 1) << ran.output;
  for (const char* line :
       {"kubernetes +v1[.][0-9.]+ +ok +context test, you are admin\n",
        "customresourcedefinition/functionworkflows.faasbatch.io +v1alpha1 +ok",
        "deployment/faasbatch-operator +[0-9.]+ +wrong +0 of 2 ready",
        "lease/faasbatch-operator +- +wrong +is missing",
        "validatingwebhookconfiguration/faasbatch-admission +- +wrong +has no CA",
        "configmap/faasbatch-ca +- +ok", "service/faasbatch-gateway +- +wrong +no agent is ready",
        "secret/faasbatch-tls +- +wrong +is missing", "gateway +- +ok +answers",
        "daemonset/faasbatch-agent +[0-9.]+ +wrong", "statefulset/faasbatch-couchdb +[0-9.]+ +wrong",
        "secret/faasbatch-peers +- +ok", "networkpolicy/faasbatch-agent +- +ok",
        "networkpolicy/faasbatch-operator +- +ok", "networkpolicy/faasbatch-couchdb +- +ok",
        "access/create-functionworkflows/invocations +- +ok", "functionworkflows +- +ok +0 of 0 Ready"}) {
    EXPECT_THAT(ran.output, ContainsRegex(line));
  }
  const Ran json = faasbatch({"check", "-o", "json"});
  EXPECT_EQ(json.code, 1);
  EXPECT_THAT(json.output, HasSubstr("\"name\": \"secret/faasbatch-peers\""));

  // One who may do nothing sees what that is.
  be("token: " + std::string(testing::KubeApiServer::kNobodyToken));
  const Ran nobody = faasbatch({"check", "--faasbatch-namespace", "faasbatch-system"});
  EXPECT_EQ(nobody.code, 1);
  EXPECT_THAT(nobody.output,
              ContainsRegex("access/create-functionworkflows/invocations +- +wrong +you may not in "
                            "namespace default: have ClusterRole faasbatch-invoker bound"));
  EXPECT_THAT(nobody.output, ContainsRegex("secret/faasbatch-peers +- +unknown +you may not see it"));
  EXPECT_THAT(nobody.output, Not(HasSubstr("token-of")));
}

TEST_F(RealCheckTest, SaysWhereNothingIsInstalled) {
  raw({"delete", "service", "--namespace=faasbatch-system", "--all"});
  beAdmin();
  const Ran ran = faasbatch({"check"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.output, HasSubstr("there is no gateway of FaaSBatch in this cluster"));
}

}  // namespace
}  // namespace faasbatch::cli
