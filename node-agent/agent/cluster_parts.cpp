#include "node-agent/agent/cluster_parts.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "lib/json/write.h"
#include "lib/kube/token_source.h"
#include "node-agent/access/api_reviewer.h"
#include "node-agent/agent/pod_defaults.h"

namespace faasbatch::agent {
namespace {

constexpr std::size_t kMaxSecretBytes = 4096;

base::Result<kube::Access> accessTo(base::Loop& loop, const ClusterOptions& options) {
  if (options.kubeconfig.empty()) return kube::inClusterAccess(loop);
  return kube::kubeconfigAccess(loop, {.path = options.kubeconfig, .context = {}, .nameSpace = {}});
}

base::Result<pods::PodSettings> settingsOf(const Options& options) {
  const ClusterOptions& cluster = options.cluster;
  pods::PodSettings settings;
  settings.node = options.node;
  settings.pythonImage = cluster.pythonImage;
  settings.nativeImage = cluster.nativeImage;
  settings.pullPolicy = cluster.pullPolicy;
  settings.port = cluster.podPort;
  if (cluster.podDefaults.empty()) return settings;
  std::ifstream file(cluster.podDefaults, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file) return base::fail("ReadFailed", "cannot read " + cluster.podDefaults);
  return withDefaults(std::move(settings), text);
}

}  // namespace

base::Result<void> ClusterParts::make(net::EventLoop& loop, const Options& options) {
  auto read = kube::readCredentialFile(options.cluster.peerSecretFile, kMaxSecretBytes);
  if (!read) return std::unexpected(std::move(read.error()));
  secret = std::move(*read);
  auto settings = settingsOf(options);
  if (!settings) return std::unexpected(std::move(settings.error()));
  podSettings = std::move(*settings);
  auto thread = kube::ClientThread::start(
      [cluster = options.cluster](base::Loop& its) { return accessTo(its, cluster); },
      {.userAgent = "faasbatch-agent"});
  if (!thread) return std::unexpected(std::move(thread.error()));
  api = std::move(*thread);
  reviewer = access::makeApiReviewer(loop, *api);
  podApi = pods::makePodApi(loop, *api, options.node);
  configMaps = std::make_unique<clusterview::ConfigMaps>(clusterview::readFromApi(loop, *api));
  node = std::make_unique<clusterview::NodeReference>(loop, *api, options.node);
  return {};
}

std::unique_ptr<pods::Provider> ClusterParts::makeProvider(
    net::EventLoop& loop, std::function<const runs::Directory&()> directory) {
  pods::KubernetesOptions options;
  options.settings = podSettings;
  options.secret = secret;
  const auto ownerOf = [this, directory = std::move(directory)](
                           const pods::PodRequest& request) -> std::optional<kube::ObjectReference> {
    if (request.key == nullptr) return node->get();
    const kube::ObjectKey workflow{request.key->nameSpace, request.key->workflowName()};
    const runs::DirectoryEntry* entry = directory().find(workflow.nameSpace, workflow.name);
    if (entry == nullptr) return std::nullopt;
    return kube::ObjectReference{.apiVersion = kube::kFunctionWorkflows.apiVersion(),
                                 .kind = std::string(kube::kFunctionWorkflows.kind),
                                 .key = workflow,
                                 .uid = entry->uid};
  };
  return pods::makeKubernetesProvider(loop, *podApi, std::move(options), ownerOf);
}

sources::Options ClusterParts::code() const {
  sources::Options options;
  options.archives.fromThisMachine = false;
  options.readConfigMap = [maps = configMaps.get()](const calls::FunctionKey& key,
                                                    const workflow::Source& source, sources::Done done) {
    maps->get(key.nameSpace, source,
              [done = std::move(done)](base::Result<clusterview::ConfigMaps::Text> text) mutable {
                if (!text) return done(std::unexpected(std::move(text.error())));
                auto json = std::make_shared<std::string>();
                json::Object(*json).text("inline", **text).end();
                done(std::move(json));
              });
  };
  return options;
}

}  // namespace faasbatch::agent
