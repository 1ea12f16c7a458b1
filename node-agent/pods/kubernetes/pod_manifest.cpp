#include "node-agent/pods/kubernetes/pod_manifest.h"

#include <optional>

#include "lib/crypto/digest.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/json/write.h"
#include "node-agent/pods/batch_request.h"

namespace faasbatch::pods {
namespace {

using workflow::FunctionSpec;
using workflow::Runtime;

constexpr std::size_t kHashDigits = 16;
constexpr std::int64_t kProbePeriodSeconds = 30;

// What the function gives for the pod, as raw JSON; nothing where it gives none.
std::optional<std::string_view> given(const PodRequest& request, std::string_view field) {
  if (request.spec == nullptr) return std::nullopt;
  const auto value = json::at(request.spec->podJson, {field});
  if (!value || *value == "{}" || *value == "[]" || *value == "null") return std::nullopt;
  return value;
}

void addFunctionLabels(json::Object& labels, const calls::FunctionKey& key) {
  labels.text(cluster::kWorkflowLabel, cluster::labelValue(key.workflowName()));
  labels.text(cluster::kFunctionLabel, cluster::labelValue(key.function));
  labels.text(cluster::kPoolLabel, "function");
}

void addMetadata(json::Object& pod, const PodSettings& settings, const PodRequest& request,
                 const kube::ObjectReference& owner) {
  json::Object metadata(pod.key("metadata"));
  metadata.text("name", request.name).text("namespace", request.nameSpace);
  json::Object labels(metadata.key("labels"));
  labels.text(cluster::kManagedBy, cluster::kManagedByAgent);
  labels.text(cluster::kRuntimeLabel, runtimeName(request.runtime));
  if (request.key != nullptr) {
    addFunctionLabels(labels, *request.key);
  } else {
    labels.text(cluster::kPoolLabel, "generic");
  }
  labels.end();
  json::Object annotations(metadata.key("annotations"));
  if (request.spec != nullptr) annotations.text(cluster::kDigestAnnotation, request.spec->digest);
  annotations.text(cluster::kTemplateAnnotation, templateHash(settings, request));
  annotations.text(cluster::kSafeToEvict, "true").end();
  std::string& owners = metadata.key("ownerReferences");
  owners += '[';
  json::Object reference(owners);
  reference.text("apiVersion", owner.apiVersion).text("kind", owner.kind).text("name", owner.key.name);
  reference.text("uid", owner.uid).boolean("controller", true).boolean("blockOwnerDeletion", false).end();
  owners += ']';
  metadata.end();
}

// `tokenDigest` comes last: nothing that a function gives may take its place.
void addEnvironment(json::Object& container, const PodRequest& request, std::string_view tokenDigest) {
  std::string& env = container.key("env");
  env += '[';
  if (const auto own = given(request, "env")) env.append(own->substr(1, own->size() - 2)).append(",");
  json::Object(env).text("name", "FAASBATCH_PASS_ENV").text("value", "1").end();
  env += ',';
  json::Object(env).text("name", "FAASBATCH_TOKEN_SHA256").text("value", tokenDigest).end();
  env += ']';
  if (const auto from = given(request, "envFrom")) container.raw("envFrom", *from);
}

void addMounts(json::Object& container, const PodRequest& request) {
  std::string& mounts = container.key("volumeMounts");
  mounts += '[';
  json::Object(mounts).text("name", "tmp").text("mountPath", "/tmp").end();
  if (request.spec != nullptr) {
    for (std::size_t i = 0; i < request.spec->bindings.size(); ++i) {
      const workflow::Binding& binding = request.spec->bindings[i];
      if (binding.secretName.empty()) continue;
      mounts += ',';
      json::Object mount(mounts);
      mount.text("name", "binding-" + std::to_string(i)).text("mountPath", bindingFolder(binding.name));
      mount.boolean("readOnly", true).end();
    }
  }
  mounts += ']';
}

void addContainer(json::Object& spec, const PodSettings& settings, const PodRequest& request,
                  std::string_view tokenDigest) {
  std::string& containers = spec.key("containers");
  containers += '[';
  json::Object container(containers);
  container.text("name", cluster::kRuntimeContainer).text("image", imageOf(settings, request));
  if (!settings.pullPolicy.empty()) container.text("imagePullPolicy", settings.pullPolicy);
  const std::string port = std::to_string(settings.port);
  if (request.runtime != Runtime::kContainer) {
    container.raw("args", R"(["--runtime",")" + std::string(runtimeName(request.runtime)) +
                              R"(","--listen",":)" + port + R"("])");
  }
  container.raw("ports", R"([{"name":"runtime","containerPort":)" + port + "}]");
  addEnvironment(container, request, tokenDigest);
  container.raw("resources", given(request, "resources").value_or(settings.resources));
  container.raw("securityContext", R"({"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},)"
                                   R"("readOnlyRootFilesystem":true})");
  // For those who look at pods; the agent asks the runtime itself.
  json::Object probe(container.key("readinessProbe"));
  probe.raw("tcpSocket", R"({"port":)" + port + "}").number("periodSeconds", kProbePeriodSeconds).end();
  addMounts(container, request);
  container.end();
  containers += ']';
}

// A Secret that is not there keeps no pod from starting: its runtime then says which file is missing, at
// once.
void addVolumes(json::Object& spec, const PodSettings& settings, const PodRequest& request) {
  std::string& volumes = spec.key("volumes");
  volumes += '[';
  json::Object tmp(volumes);
  tmp.text("name", "tmp");
  json::Object empty(tmp.key("emptyDir"));
  if (settings.tmpInMemory) empty.text("medium", "Memory");
  empty.text("sizeLimit", settings.tmpSize).end();
  tmp.end();
  if (request.spec != nullptr) {
    for (std::size_t i = 0; i < request.spec->bindings.size(); ++i) {
      const workflow::Binding& binding = request.spec->bindings[i];
      if (binding.secretName.empty()) continue;
      volumes += ',';
      json::Object volume(volumes);
      volume.text("name", "binding-" + std::to_string(i));
      json::Object secret(volume.key("secret"));
      secret.text("secretName", binding.secretName).boolean("optional", true);
      secret.raw("items", R"([{"key":"url","path":"url"}])").end();
      volume.end();
    }
  }
  volumes += ']';
}

// All but what pods of one template may differ in.
void addTemplate(json::Object& spec, const PodSettings& settings, const PodRequest& request,
                 std::string_view tokenDigest) {
  spec.text("nodeName", settings.node).text("restartPolicy", "Never");
  spec.boolean("automountServiceAccountToken", false).boolean("enableServiceLinks", false);
  spec.number("terminationGracePeriodSeconds", settings.graceSeconds);
  if (!settings.priorityClass.empty()) spec.text("priorityClassName", settings.priorityClass);
  if (!settings.pullSecrets.empty()) {
    json::appendList(
        spec.key("imagePullSecrets"), settings.pullSecrets,
        [](std::string& to, const std::string& name) { json::Object(to).text("name", name).end(); });
  }
  spec.raw("securityContext", R"({"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}})");
  addContainer(spec, settings, request, tokenDigest);
  addVolumes(spec, settings, request);
}

}  // namespace

std::string_view runtimeName(Runtime runtime) {
  switch (runtime) {
    case Runtime::kPython:
      return "Python";
    case Runtime::kNative:
      return "Native";
    case Runtime::kContainer:
      return "Container";
  }
  return "Python";
}

std::optional<Runtime> runtimeNamed(std::string_view name) {
  for (const Runtime runtime : {Runtime::kPython, Runtime::kNative, Runtime::kContainer}) {
    if (runtimeName(runtime) == name) return runtime;
  }
  return std::nullopt;
}

std::string podNamePrefix(const PodRequest& request) {
  const std::string text = request.key == nullptr ? std::string(runtimeName(request.runtime))
                                                  : request.key->workflowName() + "-" + request.key->function;
  std::string prefix;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || upper;
    if (!kept && (prefix.empty() || prefix.back() == '-')) continue;
    prefix += upper ? static_cast<char>(c - 'A' + 'a') : kept ? c : '-';
    if (prefix.size() == kMaxPodPrefix) break;
  }
  while (!prefix.empty() && prefix.back() == '-') prefix.pop_back();
  return prefix;
}

const std::string& imageOf(const PodSettings& settings, const PodRequest& request) {
  if (request.spec != nullptr && !request.spec->image.empty()) return request.spec->image;
  return request.runtime == Runtime::kNative ? settings.nativeImage : settings.pythonImage;
}

std::string podManifest(const PodSettings& settings, const PodRequest& request,
                        const kube::ObjectReference& owner, std::string_view tokenDigest) {
  std::string out;
  json::Object pod(out);
  pod.text("apiVersion", "v1").text("kind", "Pod");
  addMetadata(pod, settings, request, owner);
  json::Object spec(pod.key("spec"));
  addTemplate(spec, settings, request, tokenDigest);
  // No others: a node under pressure treats these pods as it does all of their quality of service.
  if (const auto tolerations = given(request, "tolerations")) spec.raw("tolerations", *tolerations);
  spec.end();
  pod.end();
  return out;
}

std::string templateHash(const PodSettings& settings, const PodRequest& request) {
  std::string out;
  json::Object spec(out);
  addTemplate(spec, settings, request, "");
  spec.end();
  return crypto::sha256Hex(out).substr(0, kHashDigits);
}

std::string specialisedPatch(const calls::FunctionKey& key, const FunctionSpec& spec) {
  std::string out;
  json::Object patch(out);
  json::Object metadata(patch.key("metadata"));
  json::Object labels(metadata.key("labels"));
  addFunctionLabels(labels, key);
  labels.end();
  json::Object(metadata.key("annotations")).text(cluster::kDigestAnnotation, spec.digest).end();
  metadata.end();
  patch.end();
  return out;
}

}  // namespace faasbatch::pods
