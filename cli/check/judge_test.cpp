#include "cli/check/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/base64.h"
#include "lib/crypto/certificate.h"
#include "lib/json/write.h"

namespace faasbatch::cli {
namespace {

using namespace std::chrono_literals;
using State = Part::State;
using ::testing::HasSubstr;

const base::Instant kNow = *base::parseRfc3339("2026-06-01T12:00:00Z");

kube::Object object(const std::string& name, const std::string& json, const std::string& nameSpace = "sys") {
  return {.key = {nameSpace, name}, .json = json};
}

std::unexpected<kube::ApiError> failed(int status, const std::string& message = "said the server") {
  return std::unexpected(kube::ApiError{
      .status = status, .reason = status == 404 ? "NotFound" : "Forbidden", .message = message});
}

std::string encoded(const std::string& text) {
  std::string out;
  base::appendBase64(out, text);
  return json::quoted(out);
}

struct Authority {
  crypto::KeyPair ca = crypto::makeAuthority("ca", kNow + -24h, kNow + 24h * 365).value();
  std::string serving(base::Instant from, base::Instant to, const std::string& host) const {
    return crypto::issue(ca, {.commonName = host, .dnsNames = {host}, .notBefore = from, .notAfter = to})
        ->certificatePem;
  }
};
const Authority& authority() {
  static const Authority authority;
  return authority;
}

kube::Object certificate(base::Duration past, base::Duration left,
                         const std::string& host = "faasbatch-gateway.sys.svc") {
  const std::string pem = authority().serving(kNow + -past, kNow + left, host);
  return object("faasbatch-tls", R"({"data":{"tls.crt":)" + encoded(pem) + "}}");
}

kube::Object agent(
    const std::string& node, const std::string& version = "1.0",
    const std::string& containers = R"({"name":"agent","ready":true},{"name":"redis","ready":true})",
    const std::string& ready = "True") {
  return object(
      "agent-" + node,
      R"({"metadata":{"labels":{"app.kubernetes.io/version":")" + version + R"("}},"spec":{"nodeName":")" +
          node + R"(","containers":[{"name":"agent"},{"name":"redis","image":"docker.io/redis:7.4.2"}]},)" +
          R"("status":{"phase":"Running","conditions":[{"type":"Ready","status":")" + ready +
          R"("}],"containerStatuses":[)" + containers + "]}}");
}

kube::Object node(const std::string& name, const std::string& ready = "True") {
  return object(name,
                R"({"status":{"conditions":[{"type":"Ready","status":")" + ready +
                    R"(","message":"kubelet stopped"}]}})",
                "");
}

kube::Object daemonSet(const std::string& status, const std::string& args = "[]") {
  return object(
      "faasbatch-agent",
      R"({"metadata":{"labels":{"app.kubernetes.io/version":"1.0"}},"spec":{"template":{"spec":{"containers":[)"
      R"({"name":"agent","args":)" +
          args +
          R"(},{"name":"redis","image":"redis:7.4.2"}],"volumes":[{"name":"couchdb","secret":)"
          R"({"secretName":"faasbatch-couchdb"}}]}}},"status":)" +
          status + "}");
}

kube::Object workflow(const std::string& name, const std::string& conditions, std::int64_t observed = 1) {
  kube::Object made = object(name,
                             R"({"status":{"observedGeneration":)" + std::to_string(observed) +
                                 R"(,"conditions":[)" + conditions + "]}}",
                             "work");
  made.generation = 1;
  return made;
}
std::string condition(const std::string& type, const std::string& status,
                      const std::string& reason = "Fine") {
  return R"({"type":")" + type + R"(","status":")" + status + R"(","reason":")" + reason +
         R"(","message":"spec.x is so"})";
}
const std::string kReady =
    condition("Accepted", "True") + "," + condition("Placed", "True") + "," + condition("Ready", "True");

kube::Object slice(const std::string& endpoints) {
  return object("s", R"({"endpoints":[)" + endpoints + "]}");
}
constexpr const char* kTwoReady =
    R"({"addresses":["1"],"conditions":{"ready":true}},{"addresses":["2"],"conditions":{"ready":true}})";

// An installation on two nodes of which nothing is wrong.
Facts healthy() {
  const std::string& ca = authority().ca.certificatePem;
  Facts f;
  f.now = kNow;
  f.nameSpace = "sys";
  f.workflowNamespace = "work";
  f.context = "kind";
  f.version = "v1.34.0";
  f.caller = "jane";
  f.definition =
      object("", R"({"spec":{"versions":[{"name":"v1alpha1","served":true}]},"status":{"conditions":)"
                 R"([{"type":"Established","status":"True"}]}})");
  f.deployment =
      object("", R"({"metadata":{"labels":{"app.kubernetes.io/version":"1.0"}},"spec":{"replicas":2},)"
                 R"("status":{"readyReplicas":2}})");
  f.operatorPods = std::vector<kube::Object>{};
  f.lease = object(
      "",
      R"({"spec":{"holderIdentity":"op-1","renewTime":"2026-06-01T11:59:55.000000Z","leaseDurationSeconds":15}})");
  f.webhook = object(
      "", R"({"webhooks":[{"failurePolicy":"Fail","clientConfig":{"caBundle":)" + encoded(ca) + "}}]}");
  f.webhookSlices = std::vector{slice(kTwoReady)};
  f.authorities = object("", R"({"data":{"ca.crt":)" + json::quoted(ca) + "}}");
  f.gateway = object("", R"({"spec":{"ports":[{"name":"https","port":443}]}})");
  f.gatewaySlices = std::vector{slice(kTwoReady)};
  f.certificate = certificate(24h, 24h * 89);
  f.answer = 200;
  f.peers = object("", "{}");
  f.daemonSet = daemonSet(R"({"desiredNumberScheduled":2,"numberReady":2})");
  f.agentPods = std::vector{agent("n1"), agent("n2")};
  f.nodes = std::vector{node("n1"), node("n2")};
  f.couchdb = object(
      "",
      R"({"spec":{"template":{"spec":{"containers":[{"image":"couchdb:3.4.2"}]}}},"status":{"readyReplicas":1}})");
  f.policies = std::vector{object("faasbatch-agent", "{}"), object("faasbatch-operator", "{}"),
                           object("faasbatch-couchdb", "{}")};
  f.functionPolicies = std::vector{object("faasbatch-functions", "{}", "work")};
  f.permissions = {{.verb = "create",
                    .group = "faasbatch.io",
                    .resource = "functionworkflows/invocations",
                    .nameSpace = "work",
                    .remedy = "have it bound",
                    .allowed = true}};
  f.workflows = std::vector{workflow("a", kReady), workflow("b", kReady)};
  return f;
}

const Part* find(const Parts& parts, const std::string& name) {
  for (const Part& part : parts) {
    if (part.name == name) return &part;
  }
  return nullptr;
}

TEST(Judge, FindsNothingWrongWhereNothingIs) {
  const Parts parts = judge(healthy());
  for (const Part& part : parts) EXPECT_EQ(part.state, State::kOk) << part.name << ": " << part.text;
  EXPECT_EQ(find(parts, "kubernetes")->text, "context kind, you are jane");
  EXPECT_EQ(find(parts, "deployment/faasbatch-operator")->version, "1.0");
  EXPECT_EQ(find(parts, "lease/faasbatch-operator")->text, "held by op-1");
  EXPECT_EQ(find(parts, "agent/n2")->version, "1.0");
  EXPECT_EQ(find(parts, "redis/n1")->version, "7.4.2");
  EXPECT_EQ(find(parts, "statefulset/faasbatch-couchdb")->version, "3.4.2");
  EXPECT_EQ(find(parts, "functionworkflows")->text, "2 of 2 Ready");
  EXPECT_EQ(partRows(parts).size(), parts.size() + 1);
}

struct Wrong {
  const char* what;
  void (*spoil)(Facts&);
  const char* part;
  const char* text;
};

class JudgeFaults : public ::testing::TestWithParam<Wrong> {};

// Each fault makes its own part wrong, names itself, and leaves the others as they were.
TEST_P(JudgeFaults, AreFoundInTheirPart) {
  Facts facts = healthy();
  GetParam().spoil(facts);
  const Parts parts = judge(facts);
  EXPECT_TRUE(anyWrong(parts));
  const Part* const part = find(parts, GetParam().part);
  ASSERT_NE(part, nullptr);
  EXPECT_EQ(part->state, State::kWrong);
  EXPECT_THAT(part->text, HasSubstr(GetParam().text));
}

const Wrong kFaults[] = {
    {"NoServer", [](Facts& f) { f.version = failed(0, "connection refused"); }, "kubernetes",
     "connection refused"},
    {"NoDefinition", [](Facts& f) { f.definition = failed(404); },
     "customresourcedefinition/functionworkflows.faasbatch.io", "helm upgrade"},
    {"OldDefinition",
     [](Facts& f) { f.definition = object("", R"({"spec":{"versions":[{"name":"v1","served":true}]}})"); },
     "customresourcedefinition/functionworkflows.faasbatch.io", "does not serve v1alpha1"},
    {"OperatorsImage",
     [](Facts& f) {
       f.deployment = object("", R"({"spec":{"replicas":2},"status":{}})");
       f.operatorPods = std::vector{
           object("op-1", R"({"status":{"containerStatuses":[{"name":"operator","state":)"
                          R"({"waiting":{"reason":"ImagePullBackOff","message":"no such image"}}}]}})")};
     },
     "deployment/faasbatch-operator",
     "0 of 2 ready; pod op-1: container operator ImagePullBackOff: no such image"},
    {"OperatorScaledDown", [](Facts& f) { f.deployment = object("", R"({"spec":{"replicas":0}})"); },
     "deployment/faasbatch-operator", "scaled to 0"},
    {"NobodyLeads", [](Facts& f) { f.lease = object("", R"({"spec":{"holderIdentity":""}})"); },
     "lease/faasbatch-operator", "nobody leads"},
    {"LeaseNotRenewed", [](Facts& f) { f.now = kNow + 5min; }, "lease/faasbatch-operator",
     "op-1 has last renewed it at 2026-06-01T11:59:55"},
    {"WebhookWithoutCa",
     [](Facts& f) { f.webhook = object("", R"({"webhooks":[{"failurePolicy":"Fail"}]})"); },
     "validatingwebhookconfiguration/faasbatch-admission",
     "has no CA, kubectl apply of workflows is refused"},
    {"WebhookOfAnotherCa",
     [](Facts& f) {
       f.webhook =
           object("", R"({"webhooks":[{"failurePolicy":"Ignore","clientConfig":{"caBundle":"QUJD"}}]})");
     },
     "validatingwebhookconfiguration/faasbatch-admission",
     "trusts another CA than configmap/faasbatch-ca, workflows are not checked"},
    {"WebhookWithoutEndpoints",
     [](Facts& f) {
       f.webhookSlices = std::vector{slice(R"({"addresses":["1"],"conditions":{"ready":false}})")};
     },
     "validatingwebhookconfiguration/faasbatch-admission", "no ready endpoint"},
    {"CaExpired", [](Facts& f) { f.now = kNow + 24h * 400; }, "configmap/faasbatch-ca",
     "has expired on 2027-06-01"},
    {"NoCa", [](Facts& f) { f.authorities = failed(404); }, "configmap/faasbatch-ca",
     "the leading operator makes it"},
    {"NoGateway", [](Facts& f) { f.gateway = failed(404); }, "service/faasbatch-gateway", "is missing"},
    {"NobodyBehindTheGateway", [](Facts& f) { f.gatewaySlices = std::vector<kube::Object>{}; },
     "service/faasbatch-gateway", "no agent is ready behind it"},
    {"CertificateExpired", [](Facts& f) { f.certificate = certificate(24h * 90, -1h); },
     "secret/faasbatch-tls", "has expired on 2026-06-01"},
    {"CertificateNotRenewed", [](Facts& f) { f.certificate = certificate(24h * 88, 24h * 2); },
     "secret/faasbatch-tls", "expires on 2026-06-03 and has not been renewed"},
    {"CertificateOfAnother", [](Facts& f) { f.certificate = certificate(1h, 24h, "x.y.svc"); },
     "secret/faasbatch-tls", "is not for faasbatch-gateway.sys.svc"},
    {"UsersCertificateGone",
     [](Facts& f) {
       f.daemonSet = daemonSet(R"({"desiredNumberScheduled":2,"numberReady":2})",
                               R"(["--x","--gateway-tls-secret=mine"])");
       f.certificate = failed(404);
     },
     "secret/mine", "put a new one into it"},
    {"GatewaySilent", [](Facts& f) { f.answer = base::fail("ConnectFailed", "nothing answers"); }, "gateway",
     "nothing answers"},
    {"CallerUnknown", [](Facts& f) { f.answer = 401; }, "gateway", "does not know your kubeconfig's user"},
    {"NoNodeChosen", [](Facts& f) { f.daemonSet = daemonSet(R"({"desiredNumberScheduled":0})"); },
     "daemonset/faasbatch-agent", "agent.nodeSelector"},
    {"NodeWithoutAgent",
     [](Facts& f) { f.daemonSet = daemonSet(R"({"desiredNumberScheduled":3,"numberReady":2})"); },
     "daemonset/faasbatch-agent", "2 of 3 ready: a node has no agent"},
    {"NodeLost", [](Facts& f) { f.nodes = std::vector{node("n1"), node("n2", "Unknown")}; }, "agent/n2",
     "its node is not Ready: kubelet stopped"},
    {"AgentCrashes",
     [](Facts& f) {
       f.agentPods = std::vector{agent("n1"),
                                 agent("n2", "1.0",
                                       R"({"name":"agent","state":{"waiting":{"reason":"CrashLoopBackOff"}},)"
                                       R"("lastState":{"terminated":{"reason":"OOMKilled","exitCode":137}}})",
                                       "False")};
     },
     "agent/n2", "container agent crashes again and again (last OOMKilled, exit code 137)"},
    {"AgentOfAnotherVersion", [](Facts& f) { f.agentPods = std::vector{agent("n1", "0.9"), agent("n2")}; },
     "agent/n1", "is to be 1.0: kubectl -n sys rollout status"},
    {"RedisDown",
     [](Facts& f) {
       f.agentPods = std::vector{agent(
           "n1", "1.0", R"({"name":"redis","ready":false,"state":{"waiting":{"reason":"ErrImagePull"}}})")};
     },
     "redis/n1", "is not ready: ErrImagePull"},
    {"CouchdbDown", [](Facts& f) { f.couchdb = object("", R"({"status":{}})"); },
     "statefulset/faasbatch-couchdb", "outputs for other nodes cannot be stored"},
    {"CouchdbGone", [](Facts& f) { f.couchdb = failed(404); }, "statefulset/faasbatch-couchdb", "is missing"},
    {"NoPeersSecret", [](Facts& f) { f.peers = failed(404); }, "secret/faasbatch-peers",
     "agents cannot start"},
    {"PolicyGone", [](Facts& f) { f.policies = std::vector{object("faasbatch-operator", "{}")}; },
     "networkpolicy/faasbatch-agent", "is missing"},
    {"FunctionsReachable", [](Facts& f) { f.functionPolicies = std::vector<kube::Object>{}; },
     "networkpolicy/faasbatch-functions", "is missing in namespace work"},
    {"MayNotInvoke", [](Facts& f) { f.permissions[0].allowed = false; },
     "access/create-functionworkflows/invocations", "you may not in namespace work: have it bound"},
    {"WorkflowRefused",
     [](Facts& f) {
       f.workflows->push_back(
           workflow("c", condition("Accepted", "False", "InvalidSpec") + "," + condition("Ready", "False")));
     },
     "functionworkflow/work/c", "InvalidSpec: spec.x is so (kubectl -n work describe fwf c)"},
    {"WorkflowUnseen", [](Facts& f) { f.workflows->push_back(workflow("c", "")); }, "functionworkflow/work/c",
     "nobody has looked at it"},
    {"WorkflowOfAnOldGeneration", [](Facts& f) { f.workflows->push_back(workflow("c", kReady, 0)); },
     "functionworkflow/work/c", "generation 1 has not been looked at"},
    {"WorkflowsNotReady", [](Facts& f) { f.workflows->push_back(workflow("c", "")); }, "functionworkflows",
     "2 of 3 Ready; see those below"},
};

INSTANTIATE_TEST_SUITE_P(All, JudgeFaults, ::testing::ValuesIn(kFaults),
                         [](const auto& given) { return std::string(given.param.what); });

TEST(Judge, LeavesNamespacesAloneThatAreBeingDeleted) {
  Facts facts = healthy();
  kube::Object ending = workflow("c", "");
  ending.key.nameSpace = "gone";
  facts.workflows->push_back(ending);
  EXPECT_NE(find(judge(facts), "networkpolicy/faasbatch-functions"), nullptr);
  EXPECT_NE(find(judge(facts), "functionworkflow/gone/c"), nullptr);
  facts.endingNamespaces = std::vector{object("gone", "{}", "")};
  const Parts parts = judge(facts);
  EXPECT_FALSE(anyWrong(parts));
  EXPECT_EQ(find(parts, "functionworkflows")->text, "2 of 2 Ready");
}

TEST(Judge, DoesNotCallWrongWhatMayNotBeSeen) {
  Facts facts = healthy();
  facts.certificate = facts.peers = facts.webhook = failed(403, "jane cannot get it");
  facts.nodes = facts.functionPolicies = failed(403);
  const Parts parts = judge(facts);
  EXPECT_FALSE(anyWrong(parts));
  EXPECT_EQ(find(parts, "secret/faasbatch-tls")->state, State::kUnknown);
  EXPECT_THAT(find(parts, "secret/faasbatch-peers")->text, HasSubstr("jane cannot get it"));
}

TEST(Judge, KnowsWhatIsLeftOut) {
  Facts facts = healthy();
  facts.gateway = object("", R"({"spec":{"ports":[{"name":"http","port":80}]}})");
  facts.certificate = failed(404);
  facts.daemonSet = object(
      "",
      R"({"metadata":{"labels":{"app.kubernetes.io/version":"1.0"}},"spec":{"template":{"spec":{"containers":[{"name":"agent"}]}}},)"
      R"("status":{"desiredNumberScheduled":2,"numberReady":2}})");
  facts.couchdb = failed(404);
  facts.policies = std::vector<kube::Object>{};
  facts.functionPolicies = std::vector<kube::Object>{};
  facts.allNamespaces = false;
  const Parts parts = judge(facts);
  for (const Part& part : parts) EXPECT_EQ(part.state, State::kOk) << part.name << ": " << part.text;
  EXPECT_THAT(find(parts, "redis")->text, HasSubstr("not used"));
  EXPECT_THAT(find(parts, "couchdb")->text, HasSubstr("not used"));
  EXPECT_THAT(find(parts, "networkpolicies")->text, HasSubstr("off"));
  EXPECT_EQ(find(parts, "secret/faasbatch-tls"), nullptr);
  EXPECT_EQ(find(parts, "functionworkflows")->text, "2 of 2 Ready in namespace work");
}

TEST(Judge, AsksForAnExternalCouchdbsSecret) {
  Facts facts = healthy();
  facts.daemonSet = object(
      "",
      R"({"metadata":{"labels":{"app.kubernetes.io/version":"1.0"}},"spec":{"template":{"spec":{"volumes":[{"name":"couchdb","secret":{"secretName":"theirs"}}]}}},)"
      R"("status":{"desiredNumberScheduled":2,"numberReady":2}})");
  facts.couchdb = failed(404);
  facts.couchdbSecret = object("theirs", "{}");
  EXPECT_EQ(find(judge(facts), "couchdb")->text, "external, by secret/theirs");
  facts.couchdbSecret = failed(404);
  EXPECT_EQ(find(judge(facts), "secret/theirs")->state, State::kWrong);
}

TEST(Judge, SaysNothingMoreWhereTheApiServerDoesNotAnswer) {
  Facts facts = healthy();
  facts.version = failed(0, "no route");
  EXPECT_EQ(judge(facts).size(), 1U);
  facts = healthy();
  facts.caller =
      std::unexpected(kube::ApiError{.status = 401, .reason = "Unauthorized", .message = "Unauthorized"});
  ASSERT_EQ(judge(facts).size(), 1U);
  EXPECT_THAT(judge(facts)[0].text, HasSubstr("log in again"));
}

TEST(Parts, AreOneLineEach) {
  const auto rows = partRows({Part::wrong("a", "", "two\nlines")});
  EXPECT_EQ(rows[1], (std::vector<std::string>{"a", "-", "wrong", "two lines"}));
  EXPECT_EQ(partsJson({Part::ok("a", "1", "x"), Part::unknown("b", "y")}),
            R"({"items":[{"name":"a","version":"1","state":"ok","text":"x"},)"
            R"({"name":"b","version":"","state":"unknown","text":"y"}]})");
}

}  // namespace
}  // namespace faasbatch::cli
