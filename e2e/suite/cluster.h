// What the tests do to the cluster, as a user does it: with kubectl.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "e2e/suite/command.h"

namespace faasbatch::e2e {

inline constexpr std::string_view kSystem = "faasbatch-system";  // the release's namespace

// kubectl with these arguments; throws where it fails.
std::string kubectl(std::vector<std::string> arguments);
Outcome tryKubectl(std::vector<std::string> arguments);
void apply(std::string_view manifests, std::string_view nameSpace);

// A jsonpath of one object, or of a list: "{.status.phase}".
std::string field(std::string_view path, std::vector<std::string> what);

// Looks every 100 ms, longer where looking takes longer. Throws with what was waited for.
void waitFor(std::string_view what, const std::function<bool()>& holds,
             base::Duration atMost = std::chrono::seconds(90));

// The nodes that run functions: all but the control plane.
std::vector<std::string> workers();
std::vector<std::string> words(std::string_view text);

// The agent's pod there, and until all of them are ready.
std::string agentOf(const std::string& node);
void awaitAgents();

// What e2e/cluster/node does: stop, start, add, remove. Its output.
std::string node(std::vector<std::string> arguments);

// Puts the images under test ($E2E_IMAGES) into nodes that have not got them.
void loadImages();

// Those that failed tests of an earlier run have left.
void deleteNamespaces();

// A namespace of one test's own, under the restricted Pod Security Standard. Deleted with it, unless the test
// failed.
class Namespace {
 public:
  Namespace();
  ~Namespace();
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;
  const std::string& name() const { return name_; }

  void apply(std::string_view manifests) const { e2e::apply(manifests, name_); }
  // Applies a FunctionWorkflow and waits until it is Ready, as `kubectl wait` does.
  void applyReady(std::string_view manifest, std::string_view workflow) const;
  std::string condition(std::string_view workflow, std::string_view type, std::string_view part) const;
  // The function pods, by name; of one workflow only, where it is named.
  std::vector<std::string> pods(const std::string& workflow = "") const;
  // A token of a service account of this namespace that is bound to `role` there; empty: to none.
  std::string token(std::string_view role) const;

 private:
  std::string name_;
};

}  // namespace faasbatch::e2e
