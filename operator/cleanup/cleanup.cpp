#include "operator/cleanup/cleanup.h"

#include <algorithm>
#include <set>
#include <thread>

#include "lib/cluster/names.h"
#include "operator/cleanup/blocking_api.h"

namespace faasbatch::cleanup {
namespace {

constexpr int kNotFound = 404;
constexpr int kPodGraceSeconds = 5;  // their agents have gone: nobody waits for an answer
constexpr std::size_t kNamed = 5;    // of those that are left

std::string labelled(std::string_view key, std::string_view value) {
  return std::string(key) + "=" + std::string(value);
}

class Cleaner {
 public:
  Cleaner(kube::ClientThread& client, std::string nameSpace, base::Duration time)
      : api_(client), nameSpace_(std::move(nameSpace)), end_(std::chrono::steady_clock::now() + time) {}

  // Whether all of it worked; what did not is in faults().
  bool run() {
    if (!removeOne(kube::kDeployments, nameSpace_, cluster::kOperatorDeployment)) return false;
    if (!removeOne(kube::kDaemonSets, nameSpace_, cluster::kAgentDaemonSet)) return false;
    if (!awaitEnd("operator") || !awaitEnd("agent")) return false;
    const kube::Selection pods{.labelSelector = labelled(cluster::kManagedBy, cluster::kManagedByAgent),
                               .metadataOnly = true};
    if (!removeAll(kube::kPods, "function pods", pods, kPodGraceSeconds)) return false;
    if (!awaitNone("function pods", pods)) return false;
    const kube::Selection policies{
        .labelSelector = labelled(cluster::kManagedBy, cluster::kManagedByOperator), .metadataOnly = true};
    if (!removeAll(kube::kNetworkPolicies, "NetworkPolicies", policies)) return false;
    return removeOne(kube::kSecrets, nameSpace_, cluster::kTlsSecret) &&
           removeOne(kube::kSecrets, nameSpace_, cluster::kAuthoritySecret) &&
           removeOne(kube::kConfigMaps, nameSpace_, cluster::kCaConfigMap) &&
           removeOne(kube::kLeases, nameSpace_, cluster::kLease);
  }

  const std::vector<std::string>& done() const { return done_; }
  const std::string& fault() const { return fault_; }

 private:
  bool fail(std::string why) {
    fault_ = std::move(why);
    return false;
  }
  bool fail(const std::string& what, const kube::ApiError& error) {
    return fail(what + ": " + (error.message.empty() ? error.reason : error.message));
  }
  bool late() const { return std::chrono::steady_clock::now() >= end_; }

  // What may pass by is tried again until the time is up.
  template <class Call>
  auto insist(Call call) {
    auto result = call();
    while (!result && result.error().retryable() && !late()) {
      std::this_thread::sleep_for(kLookEvery);
      result = call();
    }
    return result;
  }

  bool removeOne(const kube::Resource& resource, const std::string& nameSpace, std::string_view name) {
    const kube::ObjectKey key{nameSpace, std::string(name)};
    const std::string what = std::string(resource.kind) + " " + key.describe();
    const auto removed = insist([&] { return api_.remove(resource, key, {.propagation = "Background"}); });
    if (!removed && removed.error().status == kNotFound) return true;
    if (!removed) return fail(what, removed.error());
    done_.push_back("removed " + what);
    return true;
  }

  bool removeAll(const kube::Resource& resource, const std::string& what, const kube::Selection& selection,
                 std::optional<int> graceSeconds = {}) {
    const auto found = insist([&] { return api_.list(resource, selection); });
    if (!found) return fail("the list of " + what, found.error());
    std::set<std::string> namespaces;
    std::size_t count = 0;
    for (const kube::Object& object : *found) {
      const kube::DeleteOptions options{.uid = object.uid, .gracePeriodSeconds = graceSeconds};
      const auto removed = insist([&] { return api_.remove(resource, object.key, options); });
      if (!removed && removed.error().status == kNotFound) continue;
      if (!removed) return fail(std::string(resource.kind) + " " + object.key.describe(), removed.error());
      namespaces.insert(object.key.nameSpace);
      ++count;
    }
    done_.push_back("removed " + what + ": " + std::to_string(count) + " in " +
                    std::to_string(namespaces.size()) + " namespaces");
    return true;
  }

  bool awaitEnd(const std::string& component) {
    const std::string ours =
        "app.kubernetes.io/name=faasbatch," + labelled(cluster::kComponentLabel, component);
    return awaitNone("pods of the " + component,
                     {.nameSpace = nameSpace_, .labelSelector = ours, .metadataOnly = true});
  }

  bool awaitNone(const std::string& what, const kube::Selection& pods) {
    for (;;) {
      const auto found = insist([&] { return api_.list(kube::kPods, pods); });
      if (!found) return fail("the list of " + what, found.error());
      if (found->empty()) return true;
      if (late())
        return fail(what + " that are left: " + std::to_string(found->size()) + " (" + names(*found) + ")");
      std::this_thread::sleep_for(kLookEvery);
    }
  }

  static std::string names(const std::vector<kube::Object>& objects) {
    std::string text;
    for (std::size_t i = 0; i < std::min(objects.size(), kNamed); ++i)
      text += (i == 0 ? "" : ", ") + objects[i].key.describe();
    return objects.size() > kNamed ? text + ", ..." : text;
  }

  BlockingApi api_;
  const std::string nameSpace_;
  const std::chrono::steady_clock::time_point end_;
  std::vector<std::string> done_;
  std::string fault_;
};

}  // namespace

base::Result<Cleaned> cleanUp(kube::ClientThread& client, const std::string& nameSpace, base::Duration time) {
  Cleaner cleaner(client, nameSpace, time);
  if (cleaner.run()) return Cleaned{cleaner.done()};
  std::string message = "the clean-up is not complete: " + cleaner.fault();
  for (const std::string& line : cleaner.done()) message += "\n" + line;
  return base::fail("CleanupIncomplete", std::move(message));
}

}  // namespace faasbatch::cleanup
