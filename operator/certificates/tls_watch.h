// The serving certificate and the bundle as they are in the Secret, for whoever serves and calls.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/kube/client.h"

namespace faasbatch::certificates {

struct Served {
  std::string certificatePem;
  std::string keyPem;  // a secret
  std::string bundlePem;
  friend bool operator==(const Served&, const Served&) = default;
};

// Loop thread only. `client` must outlive it. Every operator has one, also those that do not lead.
class TlsWatch {
 public:
  // `onChanged` with each whole one that differs from the one before.
  static std::unique_ptr<TlsWatch> start(base::Loop& loop, kube::Client& client, const std::string& nameSpace,
                                         std::function<void(const Served&)> onChanged);
  virtual ~TlsWatch() = default;
};

}  // namespace faasbatch::certificates
