#include "lib/kube/kubeconfig.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "lib/json/quote_name.h"
#include "lib/kube/kubeconfig_section.h"
#include "lib/tree/yaml.h"

namespace faasbatch::kube {
namespace {

using Entries = std::vector<Kubeconfig::Entry>;

constexpr std::size_t kMaxNodes = 100'000;
constexpr std::string_view kExecApi = "client.authentication.k8s.io/";

std::unexpected<base::Error> invalid(const std::string& why) { return base::fail("InvalidKubeconfig", why); }

const Kubeconfig::Entry* findEntry(const Entries& entries, const std::string& name) {
  const auto found = std::ranges::find(entries, name, &Kubeconfig::Entry::name);
  return found == entries.end() ? nullptr : &*found;
}

std::string namesOf(const Entries& entries) {
  constexpr std::size_t kShown = 10;
  if (entries.empty()) return "there is none";
  std::string names;
  for (std::size_t i = 0; i < entries.size() && i < kShown; ++i) {
    names += (i > 0 ? ", " : "there is ") + json::quoteName(entries[i].name);
  }
  return entries.size() > kShown ? names + " and more" : names;
}

// `list` ("users") of maps with a name and `member` ("user").
base::Result<void> addEntries(Entries& entries, const KubeconfigFile& file, const tree::Tree& root,
                              const std::string& list, std::string_view member) {
  const tree::Tree* const found = root.find(list);
  if (found == nullptr || found->isNull()) return {};
  if (!found->isList()) return invalid(file.path + ": " + list + " must be a list");
  for (std::size_t i = 0; i < found->items.size(); ++i) {
    const tree::Tree& item = found->items[i];
    const std::string where = file.path + ": " + list + "[" + std::to_string(i) + "]";
    const tree::Tree* const name = item.find("name");
    if (name == nullptr || !name->isString() || name->text.empty()) return invalid(where + " has no name");
    const tree::Tree* const value = item.find(member);
    if (value != nullptr && !value->isMap() && !value->isNull()) {
      return invalid(where + "." + std::string(member) + " must be a map");
    }
    if (findEntry(entries, name->text) != nullptr) continue;
    entries.push_back({name->text, file.path, value == nullptr ? tree::Tree::map() : *value});
  }
  return {};
}

void readCluster(KubeconfigSection& cluster, KubeconfigContext& context) {
  context.server = cluster.text("server");
  while (context.server.ends_with('/')) context.server.pop_back();
  if (!context.server.starts_with("https://") && !context.server.starts_with("http://")) {
    cluster.fail("server", "must be a URL such as https://host:6443");
  }
  context.ca = cluster.pem("certificate-authority");
  context.tlsServerName = cluster.text("tls-server-name");
  context.insecureSkipVerify = cluster.flag("insecure-skip-tls-verify");
  if (context.insecureSkipVerify && context.ca.given()) {
    cluster.fail("insecure-skip-tls-verify", "contradicts certificate-authority: leave one out");
  }
  cluster.refuse("proxy-url", "leave it out and set HTTPS_PROXY in the environment");
}

void readExecEnv(KubeconfigSection& user, const tree::Tree& exec, ExecPlugin& plugin) {
  const tree::Tree* const env = exec.find("env");
  if (env == nullptr || env->isNull()) return;
  if (!env->isList()) user.fail("exec.env", "must be a list");
  for (const tree::Tree& item : env->items) {
    const std::string name = user.textOf(item, "name");
    if (name.empty() || name.contains('=')) user.fail("exec.env", "has an entry without a name");
    plugin.env.emplace_back(name, user.textOf(item, "value"));
  }
}

void readExec(KubeconfigSection& user, KubeconfigContext& context) {
  const tree::Tree* const exec = user.map("exec");
  if (exec == nullptr) return;
  ExecPlugin plugin;
  plugin.apiVersion = user.textOf(*exec, "apiVersion");
  if (plugin.apiVersion != std::string(kExecApi) + "v1" &&
      plugin.apiVersion != std::string(kExecApi) + "v1beta1") {
    user.fail("exec.apiVersion",
              "must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1");
  }
  plugin.command = user.textOf(*exec, "command");
  if (plugin.command.empty()) user.fail("exec.command", "must be given");
  if (plugin.command.contains('/')) plugin.command = user.besideFile(plugin.command);
  plugin.args = user.texts(*exec, "args");
  plugin.installHint = user.textOf(*exec, "installHint");
  if (user.textOf(*exec, "interactiveMode") == "Always") {
    user.fail("exec.interactiveMode",
              "is Always, but there is no terminal here: use a plugin that needs none");
  }
  readExecEnv(user, *exec, plugin);
  const tree::Tree* const provide = exec->find("provideClusterInfo");
  context.provideClusterInfo = provide != nullptr && provide->flag;
  context.exec = std::move(plugin);
}

void readUser(KubeconfigSection& user, KubeconfigContext& context) {
  context.origin = user.origin();
  context.token = user.text("token");
  context.tokenFile = user.path("tokenFile");
  context.certificate = user.pem("client-certificate");
  context.key = user.pem("client-key");
  if (context.certificate.given() != context.key.given()) {
    user.fail("client-certificate", "and client-key belong together: one is missing");
  }
  readExec(user, context);
  user.refuse("auth-provider", "use an exec plugin");
  user.refuse("username", "API servers take no passwords any more");
  user.refuse("as", "use a user of its own");
}

}  // namespace

base::Result<Kubeconfig> Kubeconfig::parse(const std::vector<KubeconfigFile>& files) {
  Kubeconfig config;
  for (const KubeconfigFile& file : files) {
    if (const auto added = config.add(file); !added) return std::unexpected(added.error());
  }
  return config;
}

base::Result<void> Kubeconfig::add(const KubeconfigFile& file) {
  const auto root = tree::parseYaml(file.text, kMaxNodes);
  if (!root) return invalid(file.path + ": " + root.error().message);
  if (root->isNull()) return {};
  if (!root->isMap())
    return invalid(file.path + ": it is no kubeconfig, but " + std::string(root->kindName()));
  const tree::Tree* const current = root->find("current-context");
  if (current != nullptr && current->isString() && currentContext_.empty()) currentContext_ = current->text;
  if (auto added = addEntries(clusters_, file, *root, "clusters", "cluster"); !added) return added;
  if (auto added = addEntries(users_, file, *root, "users", "user"); !added) return added;
  return addEntries(contexts_, file, *root, "contexts", "context");
}

base::Result<KubeconfigContext> Kubeconfig::context(const std::string& name) const {
  KubeconfigContext context{.name = name.empty() ? currentContext_ : name};
  if (context.name.empty()) {
    return invalid(
        "the kubeconfig has no current-context: choose one with `kubectl config use-context NAME` (" +
        namesOf(contexts_) + ")");
  }
  const Entry* const entry = findEntry(contexts_, context.name);
  if (entry == nullptr) {
    return invalid("the kubeconfig has no context " + json::quoteName(context.name) + ": " +
                   namesOf(contexts_));
  }
  KubeconfigSection section("context", *entry);
  context.nameSpace = section.text("namespace");
  const Entry* const cluster = findEntry(clusters_, section.text("cluster"));
  const Entry* const user = findEntry(users_, section.text("user"));
  if (cluster == nullptr) section.fail("cluster", "names no cluster: " + namesOf(clusters_));
  if (user == nullptr && !section.text("user").empty())
    section.fail("user", "names no user: " + namesOf(users_));
  if (!section.fault().empty()) return invalid(section.fault());

  KubeconfigSection clusterSection("cluster", *cluster);
  readCluster(clusterSection, context);
  if (!clusterSection.fault().empty()) return invalid(clusterSection.fault());
  if (user == nullptr) return context;
  KubeconfigSection userSection("user", *user);
  readUser(userSection, context);
  if (!userSection.fault().empty()) return invalid(userSection.fault());
  return context;
}

}  // namespace faasbatch::kube
