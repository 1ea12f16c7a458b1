#include "e2e/suite/cluster.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace faasbatch::e2e {
namespace {

constexpr base::Duration kLookEvery = std::chrono::milliseconds(100);
constexpr std::string_view kOurs = "faasbatch.io/e2e=test";  // label of the tests' namespaces
constexpr std::string_view kFunctionPods = "app.kubernetes.io/managed-by=faasbatch-agent";

std::vector<std::string> with(std::string_view program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::string(program));
  return arguments;
}

std::string randomName() {
  std::random_device random;
  std::string name = "e2e-";
  for (int i = 0; i < 6; ++i) name += static_cast<char>('a' + random() % 26);
  return name;
}

}  // namespace

std::string kubectl(std::vector<std::string> arguments) {
  return must(with("kubectl", std::move(arguments)));
}
Outcome tryKubectl(std::vector<std::string> arguments) { return run(with("kubectl", std::move(arguments))); }

void apply(std::string_view manifests, std::string_view nameSpace) {
  const TextFile file(manifests);
  kubectl({"apply", "-n", std::string(nameSpace), "-f", file.path()});
}

std::string field(std::string_view path, std::vector<std::string> what) {
  what.insert(what.begin(), "get");
  what.push_back("-o=jsonpath=" + std::string(path));
  return kubectl(std::move(what));
}

void waitFor(std::string_view what, const std::function<bool()>& holds, base::Duration atMost) {
  const auto end = std::chrono::steady_clock::now() + atMost;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end)
      throw std::runtime_error("waited in vain: " + std::string(what));
    std::this_thread::sleep_for(kLookEvery);
  }
}

std::vector<std::string> words(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> all;
  for (std::string word; stream >> word;) all.push_back(word);
  return all;
}

std::vector<std::string> workers() {
  return words(field("{.items[*].metadata.name}", {"nodes", "-l", "!node-role.kubernetes.io/control-plane"}));
}

std::string node(std::vector<std::string> arguments) {
  return must(with(FAASBATCH_SOURCE_DIR "/e2e/cluster/node", std::move(arguments)));
}

void loadImages() {
  const char* const images = std::getenv("E2E_IMAGES");
  must(with(FAASBATCH_SOURCE_DIR "/e2e/cluster/load", words(images == nullptr ? "" : images)));
}

void deleteNamespaces() { kubectl({"delete", "namespaces", "--wait=false", "-l", std::string(kOurs)}); }

Namespace::Namespace() : name_(randomName()) {
  kubectl({"create", "namespace", name_});
  kubectl({"label", "namespace", name_, "pod-security.kubernetes.io/enforce=restricted", std::string(kOurs)});
}

std::string agentOf(const std::string& node) {
  return field("{.items[0].metadata.name}",
               {"pods", "-n", std::string(kSystem), "-l", "app.kubernetes.io/component=agent",
                "--field-selector", "spec.nodeName=" + node});
}

void awaitAgents() {
  kubectl({"rollout", "status", "daemonset/faasbatch-agent", "-n", std::string(kSystem), "--timeout=120s"});
}

Namespace::~Namespace() {
  if (::testing::Test::HasFailure()) return;
  run({"kubectl", "delete", "namespace", name_, "--wait=false"});
}

void Namespace::applyReady(std::string_view manifest, std::string_view workflow) const {
  apply(manifest);
  const Outcome outcome = tryKubectl({"wait", "-n", name_, "--for=condition=Ready", "--timeout=60s",
                                      "functionworkflow/" + std::string(workflow)});
  if (!outcome.ok())
    throw std::runtime_error(outcome.errors +
                             field("{.status.conditions}", {"fwf", std::string(workflow), "-n", name_}));
}

std::string Namespace::condition(std::string_view workflow, std::string_view type,
                                 std::string_view part) const {
  return field("{.status.conditions[?(@.type==\"" + std::string(type) + "\")]." + std::string(part) + "}",
               {"functionworkflow", std::string(workflow), "-n", name_});
}

std::vector<std::string> Namespace::pods(const std::string& workflow) const {
  const std::string ofIt = workflow.empty() ? "" : ",faasbatch.io/workflow=" + workflow;
  return words(
      field("{.items[*].metadata.name}", {"pods", "-n", name_, "-l", std::string(kFunctionPods) + ofIt}));
}

std::string Namespace::token(std::string_view role) const {
  const std::string account = role.empty() ? "nobody" : std::string(role);
  if (!tryKubectl({"get", "serviceaccount", account, "-n", name_}).ok()) {
    kubectl({"create", "serviceaccount", account, "-n", name_});
    if (!role.empty())
      kubectl({"create", "rolebinding", account, "-n", name_, "--clusterrole=" + account,
               "--serviceaccount=" + name_ + ":" + account});
  }
  const std::string token = kubectl({"create", "token", account, "-n", name_});
  return token.substr(0, token.find('\n'));
}

}  // namespace faasbatch::e2e
