#include "operator/certificates/tls_watch.h"

#include "lib/cluster/names.h"
#include "lib/kube/informer.h"
#include "operator/certificates/objects.h"

namespace faasbatch::certificates {
namespace {

class Watching final : public TlsWatch {
 public:
  Watching(base::Loop& loop, kube::Client& client, const std::string& nameSpace,
           std::function<void(const Served&)> onChanged)
      : onChanged_(std::move(onChanged)) {
    secret_ = kube::Informer::start(
        loop, client,
        {.resource = kube::kSecrets,
         .selection = {.nameSpace = nameSpace,
                       .fieldSelector = "metadata.name=" + std::string(cluster::kTlsSecret)}},
        {.onAdded = [this](const kube::Object& secret) { take(secret); },
         .onUpdated = [this](const kube::Object&, const kube::Object& secret) { take(secret); },
         .onDeleted = nullptr,  // what is served goes on until there is another
         .onSynced = nullptr});
  }

 private:
  void take(const kube::Object& secret) {
    const Material material = materialOf("", secret.json);
    Served served{material.serving.certificatePem, material.serving.keyPem, bundleIn(secret.json)};
    if (served.certificatePem.empty() || served.keyPem.empty() || served.bundlePem.empty() ||
        served == served_)
      return;
    served_ = std::move(served);
    onChanged_(served_);
  }

  std::function<void(const Served&)> onChanged_;
  Served served_;
  std::unique_ptr<kube::Informer> secret_;
};

}  // namespace

std::unique_ptr<TlsWatch> TlsWatch::start(base::Loop& loop, kube::Client& client,
                                          const std::string& nameSpace,
                                          std::function<void(const Served&)> onChanged) {
  return std::make_unique<Watching>(loop, client, nameSpace, std::move(onChanged));
}

}  // namespace faasbatch::certificates
