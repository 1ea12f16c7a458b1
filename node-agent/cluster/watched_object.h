// One object of the API server, followed by its name; and what Secrets and ConfigMaps hold.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/loop.h"
#include "lib/kube/client_thread.h"
#include "lib/kube/object.h"

namespace faasbatch::clusterview {

// Made, used and destroyed on the owner's loop.
class WatchedObject {
 public:
  // nullptr: it is not there. First when that is known, then at every change; never from inside start(), nor
  // after the end of this.
  using Changed = std::function<void(const kube::Object* object)>;
  static std::unique_ptr<WatchedObject> start(base::Loop& loop, kube::ClientThread& thread,
                                              const kube::Resource& resource, kube::ObjectKey key,
                                              Changed changed);
  virtual ~WatchedObject() = default;
};

// A value of a Secret (base64 in the object) or of a ConfigMap's `data`; nothing where the key is not there
// or holds none. Pure.
std::optional<std::string> secretValue(const kube::Object& secret, std::string_view key);
std::optional<std::string> configMapValue(const kube::Object& configMap, std::string_view key);

}  // namespace faasbatch::clusterview
