#include "operator/controllers/networkpolicy/policy_keeper.h"

#include <map>
#include <random>

#include "lib/cluster/names.h"
#include "lib/kube/informer.h"
#include "lib/kube/work_queue.h"
#include "lib/telemetry/log.h"
#include "operator/controllers/networkpolicy/policy.h"

namespace faasbatch::controllers {
namespace {

constexpr int kNotFound = 404;

class Keeping final : public PolicyKeeper {
 public:
  Keeping(base::Loop& loop, kube::Client& client, std::string spec)
      : loop_(loop), client_(client), spec_(std::move(spec)), random_(std::random_device()()) {
    const auto look = [this](const kube::Object& policy) { add(policy.key.nameSpace, loop_.now()); };
    policies_ = kube::Informer::start(
        loop, client,
        {.resource = kube::kNetworkPolicies,
         .selection = {.labelSelector =
                           std::string(cluster::kManagedBy) + "=" + std::string(cluster::kManagedByOperator),
                       .fieldSelector = "metadata.name=" + std::string(cluster::kFunctionPolicy),
                       .metadataOnly = true}},
        {.onAdded = look,
         .onUpdated = [look](const kube::Object&, const kube::Object& policy) { look(policy); },
         .onDeleted = look,
         .onSynced = [this] { schedule(); }});
  }
  ~Keeping() override { loop_.cancel(timer_); }

  void setNamespaces(std::set<std::string> namespaces) override {
    told_ = true;
    for (const std::string& name : namespaces) {
      if (wanted_.contains(name)) continue;
      emptySince_.erase(name);
      add(name, loop_.now());
    }
    for (const std::string& name : wanted_) {
      if (namespaces.contains(name)) continue;
      emptySince_[name] = loop_.now();
      add(name, loop_.now() + kPolicyKeptFor);
    }
    wanted_ = std::move(namespaces);
    schedule();
  }

 private:
  void add(const std::string& nameSpace, base::Instant due) {
    queue_.add(nameSpace, due);
    schedule();
  }

  bool ready() const { return told_ && policies_ && policies_->synced(); }

  // Never works from inside a call: whoever adds may be about to add more.
  void schedule() {
    loop_.cancel(timer_);
    timer_ = 0;
    const base::Instant next = queue_.next();
    if (!ready() || next == base::Instant::never() || queue_.running() >= kPoliciesAtOnce) return;
    timer_ = loop_.at(next, [this] {
      timer_ = 0;
      pump();
    });
  }

  void pump() {
    while (queue_.running() < kPoliciesAtOnce) {
      const auto nameSpace = queue_.take(loop_.now());
      if (!nameSpace) break;
      look(*nameSpace);
    }
    schedule();
  }

  void look(const std::string& nameSpace) {
    const kube::ObjectKey key{nameSpace, std::string(cluster::kFunctionPolicy)};
    const kube::Object* present = policies_->find(key);
    if (wanted_.contains(nameSpace)) {
      const auto applied = applied_.find(nameSpace);
      const bool same =
          present != nullptr && applied != applied_.end() && applied->second == present->resourceVersion;
      return same ? queue_.done(nameSpace) : apply(key);
    }
    applied_.erase(nameSpace);
    if (present == nullptr) {
      emptySince_.erase(nameSpace);
      return queue_.done(nameSpace);
    }
    // One that is there already when this begins to lead may have been left by the one before it just now.
    const base::Instant since = emptySince_.try_emplace(nameSpace, loop_.now()).first->second;
    if (loop_.now() - since >= kPolicyKeptFor) return remove(*present);
    queue_.done(nameSpace);
    queue_.add(nameSpace, since + kPolicyKeptFor);
  }

  void apply(const kube::ObjectKey& key) {
    client_.patch(kube::kNetworkPolicies, key, kube::PatchType::kApply, policyJson(spec_, key.nameSpace),
                  {.fieldManager = std::string(kFieldManager), .force = true},
                  [this, key, alive = std::weak_ptr(alive_)](const kube::Result<kube::Object>& applied) {
                    if (alive.expired()) return;
                    if (!applied) return fail(key.nameSpace, applied.error());
                    applied_[key.nameSpace] = applied->resourceVersion;
                    end(key.nameSpace);
                  });
  }

  void remove(const kube::Object& policy) {
    client_.remove(
        kube::kNetworkPolicies, policy.key, {.uid = policy.uid},
        [this, key = policy.key, alive = std::weak_ptr(alive_)](const kube::Result<void>& removed) {
          if (alive.expired()) return;
          if (!removed && removed.error().status != kNotFound) return fail(key.nameSpace, removed.error());
          end(key.nameSpace);
        });
  }

  void end(const std::string& nameSpace) {
    queue_.done(nameSpace);
    schedule();
  }

  void fail(const std::string& nameSpace, const kube::ApiError& error) {
    telemetry::warning("a network policy cannot be kept",
                       {{"namespace", nameSpace}, {"reason", error.reason}, {"error", error.message}});
    const double random = std::uniform_real_distribution<double>(0, 1)(random_);
    queue_.failed(nameSpace, loop_.now(), random);
    schedule();
  }

  base::Loop& loop_;
  kube::Client& client_;
  const std::string spec_;
  std::mt19937 random_;
  kube::WorkQueue queue_;
  base::TimerId timer_ = 0;
  bool told_ = false;
  std::set<std::string> wanted_;
  std::map<std::string, std::string> applied_;       // the resource version that our last apply led to
  std::map<std::string, base::Instant> emptySince_;  // of namespaces whose policy is to go
  std::unique_ptr<kube::Informer> policies_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<PolicyKeeper> PolicyKeeper::start(base::Loop& loop, kube::Client& client, std::string spec) {
  return std::make_unique<Keeping>(loop, client, std::move(spec));
}

}  // namespace faasbatch::controllers
