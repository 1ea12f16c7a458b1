// Every name that operator, agents, chart and command line must agree on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace faasbatch::cluster {

// Labels and annotations.
inline constexpr std::string_view kManagedBy = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kManagedByAgent = "faasbatch-agent";        // on function pods
inline constexpr std::string_view kManagedByOperator = "faasbatch-operator";  // on kFunctionPolicy
inline constexpr std::string_view kWorkflowLabel = "faasbatch.io/workflow";   // labelValue(name)
inline constexpr std::string_view kFunctionLabel = "faasbatch.io/function";   // likewise
inline constexpr std::string_view kRuntimeLabel = "faasbatch.io/runtime";
inline constexpr std::string_view kPoolLabel = "faasbatch.io/pool";  // "generic" or "function"
inline constexpr std::string_view kDigestAnnotation =
    "faasbatch.io/digest";  // of the function a pod was made for
inline constexpr std::string_view kTemplateAnnotation =
    "faasbatch.io/pod-template-hash";  // of what a function pod was made from
inline constexpr std::string_view kSafeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict";
inline constexpr std::string_view kPlacementAnnotation =
    "faasbatch.io/placement";  // on a FunctionWorkflow: "Grouped" (default) or "Raw"

// On every object of the chart.
inline constexpr std::string_view kAppNameLabel = "app.kubernetes.io/name";
inline constexpr std::string_view kAppName = "faasbatch";
inline constexpr std::string_view kVersionLabel = "app.kubernetes.io/version";
inline constexpr std::string_view kComponentLabel = "app.kubernetes.io/component";
inline constexpr std::string_view kOperatorComponent = "operator";
inline constexpr std::string_view kAgentComponent = "agent";
inline constexpr std::string_view kGatewayComponent = "gateway";

inline constexpr std::string_view kRuntimeContainer = "runtime";  // of a function pod

inline constexpr std::size_t kMaxLabelValue = 63;
// `name` as the value of a label: itself where it may be one (at most 63 of letters, digits, '-', '_' and
// '.', a letter or digit at both ends), otherwise what can be kept of it as a DNS label (RFC 1123), cut, with
// ten digits of its SHA-256 behind it. Different names have different values.
std::string labelValue(std::string_view name);

// Objects in the release's namespace.
inline constexpr std::string_view kTlsSecret = "faasbatch-tls";   // ca.crt, tls.crt, tls.key
inline constexpr std::string_view kCaConfigMap = "faasbatch-ca";  // ca.crt
inline constexpr std::string_view kAuthoritySecret =
    "faasbatch-authority";  // the CAs with their keys: read and written by the operator alone
inline constexpr std::string_view kPeerSecret = "faasbatch-peers";  // secret
inline constexpr std::string_view kGatewayService = "faasbatch-gateway";
inline constexpr std::string_view kPeerService = "faasbatch-agents";  // headless, of the agents' peer ports
inline constexpr std::string_view kWebhookService = "faasbatch-webhook";
inline constexpr std::string_view kLease = "faasbatch-operator";
inline constexpr std::string_view kWebhookConfiguration = "faasbatch-admission";

// "SERVICE.NAMESPACE.svc": what the certificate in kTlsSecret is for, of gateway, webhook and agents, and
// what their callers check it against, whatever address they reach them at.
std::string serviceHost(std::string_view service, std::string_view nameSpace);

// Made by the chart.
inline constexpr std::string_view kAgentDaemonSet = "faasbatch-agent";
inline constexpr std::string_view kOperatorDeployment = "faasbatch-operator";
inline constexpr std::string_view kCouchdbStatefulSet = "faasbatch-couchdb";
inline constexpr std::string_view kRedisContainer = "redis";  // of an agent's pod

// In every namespace that has workflows: the NetworkPolicy of its function pods.
inline constexpr std::string_view kFunctionPolicy = "faasbatch-functions";

// Ports.
inline constexpr std::uint16_t kGatewayPort = 8443;
inline constexpr std::uint16_t kPeerPort = 9443;
inline constexpr std::uint16_t kStorePort = 9444;
inline constexpr std::uint16_t kHealthPort = 9090;
inline constexpr std::uint16_t kWebhookPort = 9443;  // of the operator
inline constexpr std::uint16_t kAdminPort = 8081;    // likewise
inline constexpr std::uint16_t kRuntimePort = 8080;  // of a function pod

// What access reviews ask for.
inline constexpr std::string_view kApiGroup = "faasbatch.io";
inline constexpr std::string_view kInvocationsResource = "functionworkflows";
inline constexpr std::string_view kInvocationsSubresource = "invocations";

}  // namespace faasbatch::cluster
