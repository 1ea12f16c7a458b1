#include "cli/check/read_facts.h"

#include "cli/check/field.h"
#include "lib/json/check.h"
#include "lib/json/write.h"

namespace faasbatch::cli {
namespace {

constexpr std::string_view kServiceOfSlice = "kubernetes.io/service-name";

class Reader {
 public:
  Reader(ApiServer& api, const std::string& nameSpace) : api_(api) {
    facts_.now = base::SystemClock().now();
    facts_.nameSpace = nameSpace;
    facts_.workflowNamespace = api.access().nameSpace;
    facts_.context = api.access().context;
  }

  Facts read(GatewayConnection& gateway) {
    readVersion();
    if (!facts_.version) return std::move(facts_);
    readCaller();
    readOperator();
    readAgents();
    readGateway(gateway);
    readShared();
    readPermissions();
    readWorkflows();
    return std::move(facts_);
  }

 private:
  Read get(const kube::Resource& resource, std::string_view name) {
    return api_.get(resource, {resource.namespaced ? facts_.nameSpace : "", std::string(name)});
  }
  ReadAll pods(std::string_view component) {
    return api_.list(
        kube::kPods,
        {.nameSpace = facts_.nameSpace,
         .labelSelector = std::string(cluster::kAppNameLabel) + "=" + std::string(cluster::kAppName) + "," +
                          std::string(cluster::kComponentLabel) + "=" + std::string(component)});
  }
  ReadAll slices(std::string_view service) {
    return api_.list(kube::kEndpointSlices,
                     {.nameSpace = facts_.nameSpace,
                      .labelSelector = std::string(kServiceOfSlice) + "=" + std::string(service)});
  }

  void readVersion() {
    facts_.version = api_.raw("/version");
    if (!facts_.version) return;
    const bool sound = json::check(*facts_.version).has_value();
    const std::string version = sound ? textAt(*facts_.version, {"gitVersion"}) : "";
    if (!version.empty()) {
      facts_.version = version;
    } else {
      facts_.version = std::unexpected(
          kube::ApiError{.reason = "InvalidResponse", .message = "what answers there is no API server"});
    }
  }

  void readCaller() {
    const auto review =
        api_.create(kube::kSelfSubjectReviews, "",
                    R"({"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"})");
    if (review) {
      facts_.caller = textAt(review->json, {"status", "userInfo", "username"});
    } else {
      facts_.caller = std::unexpected(review.error());
    }
  }

  void readOperator() {
    facts_.definition = get(kube::kCustomResourceDefinitions, "functionworkflows.faasbatch.io");
    facts_.deployment = get(kube::kDeployments, cluster::kOperatorDeployment);
    facts_.operatorPods = pods(cluster::kOperatorComponent);
    facts_.lease = get(kube::kLeases, cluster::kLease);
    facts_.webhook = get(kube::kValidatingWebhookConfigurations, cluster::kWebhookConfiguration);
    facts_.webhookSlices = slices(cluster::kWebhookService);
    facts_.authorities = get(kube::kConfigMaps, cluster::kCaConfigMap);
  }

  void readAgents() {
    facts_.daemonSet = get(kube::kDaemonSets, cluster::kAgentDaemonSet);
    facts_.agentPods = pods(cluster::kAgentComponent);
    facts_.nodes = api_.list(kube::kNodes, {});
    if (facts_.daemonSet) setup_ = readAgentSetup(*facts_.daemonSet);
  }

  void readGateway(GatewayConnection& gateway) {
    facts_.gateway = get(kube::kServices, cluster::kGatewayService);
    facts_.gatewaySlices = slices(cluster::kGatewayService);
    const bool own = !setup_.gatewaySecret.empty();
    facts_.certificate =
        get(kube::kSecrets, own ? std::string_view(setup_.gatewaySecret) : cluster::kTlsSecret);
    const std::string target =
        "/v1/namespaces/" + net::percentEncode(facts_.workflowNamespace) + "/invocations?limit=1";
    const auto answer =
        gateway.call({.method = "GET", .target = target, .headers = {}, .body = ""}, kCheckCallTime);
    if (answer) {
      facts_.answer = answer->status;
    } else {
      facts_.answer = std::unexpected(answer.error());
    }
  }

  void readShared() {
    facts_.couchdb = get(kube::kStatefulSets, cluster::kCouchdbStatefulSet);
    if (!setup_.couchdbSecret.empty())
      facts_.couchdbSecret = api_.getMetadata(kube::kSecrets, {facts_.nameSpace, setup_.couchdbSecret});
    facts_.peers = api_.getMetadata(kube::kSecrets, {facts_.nameSpace, std::string(cluster::kPeerSecret)});
    facts_.policies = api_.list(kube::kNetworkPolicies, {.nameSpace = facts_.nameSpace});
    facts_.functionPolicies = api_.list(
        kube::kNetworkPolicies, {.fieldSelector = "metadata.name=" + std::string(cluster::kFunctionPolicy)});
  }

  void readPermissions() {
    const std::string group(cluster::kApiGroup);
    const std::string workflows(cluster::kInvocationsResource);
    const std::string invocations = workflows + "/" + std::string(cluster::kInvocationsSubresource);
    const std::string& here = facts_.workflowNamespace;
    const std::string& there = facts_.nameSpace;
    const auto bind = [](const std::string& role, const std::string& nameSpace) {
      return "have " + role + " bound to you in " + nameSpace;
    };
    const std::string invoker = bind("ClusterRole faasbatch-invoker", here);
    const std::string viewer = bind("ClusterRole faasbatch-viewer", here);
    const std::string gateway = bind("Role faasbatch-gateway-access", there);
    facts_.permissions = {{.verb = "create",
                           .group = group,
                           .resource = invocations,
                           .name = "",
                           .nameSpace = here,
                           .remedy = invoker},
                          {.verb = "delete",
                           .group = group,
                           .resource = invocations,
                           .name = "",
                           .nameSpace = here,
                           .remedy = invoker},
                          {.verb = "get",
                           .group = group,
                           .resource = invocations,
                           .name = "",
                           .nameSpace = here,
                           .remedy = viewer},
                          {.verb = "list",
                           .group = group,
                           .resource = workflows,
                           .name = "",
                           .nameSpace = here,
                           .remedy = viewer},
                          {.verb = "get",
                           .group = "",
                           .resource = "configmaps",
                           .name = std::string(cluster::kCaConfigMap),
                           .nameSpace = there,
                           .remedy = gateway},
                          {.verb = "create",
                           .group = "",
                           .resource = "pods/portforward",
                           .name = "",
                           .nameSpace = there,
                           .remedy = gateway}};
    for (Permission& permission : facts_.permissions) permission.allowed = ask(permission);
  }

  kube::Result<bool> ask(const Permission& permission) {
    const std::size_t slash = permission.resource.find('/');
    std::string body;
    json::Object review(body);
    review.text("apiVersion", "authorization.k8s.io/v1").text("kind", "SelfSubjectAccessReview");
    std::string& spec = review.key("spec");
    json::Object inner(spec);
    json::Object attributes(inner.key("resourceAttributes"));
    attributes.text("verb", permission.verb).text("group", permission.group);
    attributes.text("resource", permission.resource.substr(0, slash)).text("namespace", permission.nameSpace);
    if (slash != std::string::npos) attributes.text("subresource", permission.resource.substr(slash + 1));
    if (!permission.name.empty()) attributes.text("name", permission.name);
    attributes.end();
    inner.end();
    review.end();
    const auto answer = api_.create(kube::kSelfSubjectAccessReviews, "", std::move(body));
    if (!answer) return std::unexpected(answer.error());
    return flagAt(answer->json, {"status", "allowed"});
  }

  void readWorkflows() {
    facts_.workflows = api_.list(kube::kFunctionWorkflows, {});
    // Last: what is deleted from here on was still there for the others.
    facts_.endingNamespaces = api_.list(kube::kNamespaces, {.fieldSelector = "status.phase=Terminating"});
    if (facts_.workflows || facts_.workflows.error().status != 403) return;
    facts_.allNamespaces = false;
    facts_.workflows = api_.list(kube::kFunctionWorkflows, {.nameSpace = facts_.workflowNamespace});
  }

  ApiServer& api_;
  Facts facts_;
  AgentSetup setup_;
};

}  // namespace

Facts readFacts(ApiServer& api, GatewayConnection& gateway, const std::string& nameSpace) {
  return Reader(api, nameSpace).read(gateway);
}

}  // namespace faasbatch::cli
