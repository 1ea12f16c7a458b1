#include "operator/certificates/keeper.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "lib/cluster/names.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/kube/informer.h"
#include "lib/telemetry/log.h"
#include "operator/certificates/objects.h"

namespace faasbatch::certificates {
namespace {

constexpr int kNotFound = 404;

using Read = std::optional<kube::Object>;  // nothing: there is none

class Keeping final : public Keeper {
 public:
  Keeping(base::Loop& loop, kube::Client& client, KeeperOptions options)
      : loop_(loop), client_(client), options_(std::move(options)) {
    tls_ = watch(kube::kSecrets, options_.nameSpace, cluster::kTlsSecret);
    ca_ = watch(kube::kConfigMaps, options_.nameSpace, cluster::kCaConfigMap);
    webhooks_ = watch(kube::kValidatingWebhookConfigurations, "", cluster::kWebhookConfiguration);
  }
  ~Keeping() override { loop_.cancel(timer_); }

 private:
  std::unique_ptr<kube::Informer> watch(const kube::Resource& resource, const std::string& nameSpace,
                                        std::string_view name) {
    const auto look = [this](const auto&...) { lookSoon(); };
    return kube::Informer::start(
        loop_, client_,
        {.resource = resource,
         .selection = {.nameSpace = nameSpace, .fieldSelector = "metadata.name=" + std::string(name)}},
        {.onAdded = look, .onUpdated = look, .onDeleted = look, .onSynced = look});
  }

  static const kube::Object* find(const std::unique_ptr<kube::Informer>& informer, std::string nameSpace,
                                  std::string_view name) {
    return informer->find({std::move(nameSpace), std::string(name)});
  }

  void lookSoon() { lookAt(loop_.now()); }

  void lookAt(base::Instant when) {
    if (timer_ != 0 && timerAt_ <= when) return;
    loop_.cancel(timer_);
    timerAt_ = when;
    timer_ = loop_.at(when, [this] {
      timer_ = 0;
      look();
    });
  }

  // One round at a time; what happens meanwhile is looked at after it.
  void look() {
    if (!tls_ || !ca_ || !webhooks_ || !tls_->synced() || !ca_->synced() || !webhooks_->synced()) return;
    if (busy_) {
      again_ = true;
      return;
    }
    busy_ = true;
    client_.get(kube::kSecrets, {options_.nameSpace, std::string(cluster::kAuthoritySecret)},
                guarded<kube::Object>([this](kube::Result<kube::Object> authority) {
                  if (!authority && authority.error().status != kNotFound) return fail(authority.error());
                  onAuthority(authority ? Read(std::move(*authority)) : Read());
                }));
  }

  void onAuthority(const Read& authority) {
    const kube::Object* tls = find(tls_, options_.nameSpace, cluster::kTlsSecret);
    const Material before = materialOf(authority ? authority->json : "", tls != nullptr ? tls->json : "");
    auto renewed = renew(before, options_.dnsNames, loop_.now());
    if (!renewed) return fail({.reason = renewed.error().kind, .message = renewed.error().message});
    for (const std::string& what : renewed->done)
      telemetry::info("certificates are made anew", {{"what", what}});
    renewed_ = std::move(*renewed);
    Material sameServing = before;
    sameServing.serving = renewed_.material.serving;
    if (sameServing == renewed_.material) return writeBundle();
    put(
        kube::kSecrets, cluster::kAuthoritySecret, authority ? authority->resourceVersion : "",
        [this](const Names& names) { return authoritySecretJson(renewed_.material, names); },
        [this] { writeBundle(); });
  }

  void writeBundle() {
    const std::string bundle = bundleOf(renewed_.material);
    const kube::Object* present = find(ca_, options_.nameSpace, cluster::kCaConfigMap);
    const auto raw = present != nullptr ? json::at(present->json, {"data", "ca.crt"}) : std::nullopt;
    if (raw && json::asString(*raw) == bundle) return patchWebhooks();
    put(
        kube::kConfigMaps, cluster::kCaConfigMap, present != nullptr ? present->resourceVersion : "",
        [this](const Names& names) { return caConfigMapJson(renewed_.material, names); },
        [this] { patchWebhooks(); });
  }

  void patchWebhooks() {
    const kube::Object* present = find(webhooks_, "", cluster::kWebhookConfiguration);
    std::string patch = present != nullptr ? webhookPatch(present->json, bundleOf(renewed_.material)) : "";
    if (patch.empty()) return writeServing();
    client_.patch(kube::kValidatingWebhookConfigurations, present->key, kube::PatchType::kMerge,
                  std::move(patch), {},
                  guarded<kube::Object>([this](const kube::Result<kube::Object>& patched) {
                    if (!patched) return fail(patched.error());
                    writeServing();
                  }));
  }

  void writeServing() {
    const kube::Object* present = find(tls_, options_.nameSpace, cluster::kTlsSecret);
    const bool same =
        present != nullptr &&
        materialOf("", present->json).serving.certificatePem == renewed_.material.serving.certificatePem &&
        bundleIn(present->json) == bundleOf(renewed_.material);
    if (same) return done();
    put(
        kube::kSecrets, cluster::kTlsSecret, present != nullptr ? present->resourceVersion : "",
        [this](const Names& names) { return tlsSecretJson(renewed_.material, names); }, [this] { done(); });
  }

  // Creates the object, or replaces the version that was read.
  void put(const kube::Resource& resource, std::string_view name, const std::string& resourceVersion,
           const std::function<std::string(const Names&)>& json, std::function<void()> then) {
    std::string text = json({options_.nameSpace, resourceVersion});
    auto onDone =
        guarded<kube::Object>([this, then = std::move(then)](const kube::Result<kube::Object>& written) {
          if (!written) return fail(written.error());
          then();
        });
    if (resourceVersion.empty()) {
      client_.create(resource, options_.nameSpace, std::move(text), {}, std::move(onDone));
    } else {
      client_.replace(resource, {options_.nameSpace, std::string(name)}, std::move(text), {},
                      std::move(onDone));
    }
  }

  template <class T, class Then>
  kube::Client::Done<T> guarded(Then then) {
    return [then = std::move(then), alive = std::weak_ptr(alive_)](kube::Result<T> result) mutable {
      if (!alive.expired()) then(std::move(result));
    };
  }

  void done() {
    busy_ = false;
    lookAt(std::min(renewed_.again, loop_.now() + kLookEvery));
    if (std::exchange(again_, false)) lookSoon();
  }

  void fail(const kube::ApiError& error) {
    busy_ = false;
    again_ = false;
    telemetry::warning("certificates cannot be kept", {{"reason", error.reason}, {"error", error.message}});
    lookAt(loop_.now() + kRetryAfter);
  }

  base::Loop& loop_;
  kube::Client& client_;
  const KeeperOptions options_;
  bool busy_ = false;
  bool again_ = false;
  Renewed renewed_;
  base::TimerId timer_ = 0;
  base::Instant timerAt_;
  std::unique_ptr<kube::Informer> tls_;
  std::unique_ptr<kube::Informer> ca_;
  std::unique_ptr<kube::Informer> webhooks_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Keeper> Keeper::start(base::Loop& loop, kube::Client& client, KeeperOptions options) {
  return std::make_unique<Keeping>(loop, client, std::move(options));
}

}  // namespace faasbatch::certificates
