#include "node-agent/cluster/watched_object.h"

#include <utility>

#include "lib/base/base64.h"
#include "lib/base/mailbox.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/kube/informer.h"

namespace faasbatch::clusterview {
namespace {

class ApiObject final : public WatchedObject {
 public:
  ApiObject(base::Loop& loop, kube::ClientThread& thread, const kube::Resource& resource, kube::ObjectKey key,
            Changed changed)
      : thread_(thread), changed_(std::move(changed)), mailbox_(loop) {
    thread_.post(
        [this, resource, key = std::move(key)](kube::Client& client) { watch(client, resource, key); });
  }
  ~ApiObject() override {
    thread_.run([this](kube::Client& /*client*/) { informer_.reset(); });
  }

 private:
  void watch(kube::Client& client, const kube::Resource& resource, const kube::ObjectKey& key) {
    kube::InformerOptions options{.resource = resource};
    options.selection.nameSpace = key.nameSpace;
    options.selection.fieldSelector = "metadata.name=" + key.name;
    options.maxObjects = 1;
    informer_ = kube::Informer::start(
        thread_.loop(), client, std::move(options),
        {.onAdded = [this](const kube::Object& object) { tell(object); },
         .onUpdated = [this](const kube::Object& /*before*/, const kube::Object& object) { tell(object); },
         .onDeleted = [this](const kube::Object& /*last*/) { tell(std::nullopt); },
         .onSynced =
             [this] {
               if (informer_ == nullptr || informer_->size() == 0) tell(std::nullopt);
             }});
  }

  void tell(std::optional<kube::Object> object) {
    mailbox_.sender()([this, object = std::move(object)] { changed_(object ? &*object : nullptr); });
  }

  kube::ClientThread& thread_;
  Changed changed_;                           // called on the owner's loop
  std::unique_ptr<kube::Informer> informer_;  // the thread's
  const base::Mailbox mailbox_;
};

}  // namespace

std::unique_ptr<WatchedObject> WatchedObject::start(base::Loop& loop, kube::ClientThread& thread,
                                                    const kube::Resource& resource, kube::ObjectKey key,
                                                    Changed changed) {
  return std::make_unique<ApiObject>(loop, thread, resource, std::move(key), std::move(changed));
}

std::optional<std::string> secretValue(const kube::Object& secret, std::string_view key) {
  const auto raw = json::at(secret.json, {"data", key});
  const auto text = raw ? json::asString(*raw) : std::nullopt;
  return text ? base::decodeBase64(*text) : std::nullopt;
}

std::optional<std::string> configMapValue(const kube::Object& configMap, std::string_view key) {
  const auto raw = json::at(configMap.json, {"data", key});
  return raw ? json::asString(*raw) : std::nullopt;
}

}  // namespace faasbatch::clusterview
