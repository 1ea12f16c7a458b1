// Finds what specs refer to: ConfigMaps are watched by their metadata and read where their text is code; of
// Secrets only the metadata is ever asked for, and where that is forbidden each is taken to be there (RBAC
// can grant it only together with their reading): the kubelet says what is missing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/kube/client.h"
#include "lib/kube/informer.h"
#include "operator/controllers/functionworkflow/sources.h"

namespace faasbatch::controllers {

// Nobody tells us of Secrets: one that was missing is asked for again after a while, one that was there is
// believed to be there for longer.
inline constexpr base::Duration kSecretMissingFor = std::chrono::seconds(10);
inline constexpr base::Duration kSecretThereFor = std::chrono::hours(1);
inline constexpr std::size_t kMaxRemembered =
    10'000;  // ConfigMaps and Secrets; then all is forgotten and read anew

struct FoundAll {
  std::vector<Found> found;  // one for each reference
  base::Instant again =
      base::Instant::never();  // look again then: something is missing that nobody tells us of
};

// Loop thread only. `client` must outlive it.
class SourceReader {
 public:
  // `onChanged`: a ConfigMap was made, changed or deleted.
  static std::unique_ptr<SourceReader> start(base::Loop& loop, kube::Client& client,
                                             std::function<void(const kube::ObjectKey& configMap)> onChanged,
                                             std::function<void()> onSynced);
  virtual ~SourceReader() = default;
  virtual bool synced() const = 0;

  // An error is one of the API server that may go by: nothing is known then. `done` never from inside the
  // call, nor after destruction.
  using Done = std::move_only_function<void(kube::Result<FoundAll>)>;
  virtual void find(const std::string& nameSpace, std::vector<Reference> references, Done done) = 0;
};

}  // namespace faasbatch::controllers
