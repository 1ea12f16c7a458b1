// An object of the API server: what everybody needs of its metadata, and its JSON text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/kube/resource.h"

namespace faasbatch::kube {

// A value. The text is as the server sent it, or as a transform (informer.h) left it.
struct Object {
  ObjectKey key;
  std::string uid;
  std::string resourceVersion;
  std::int64_t generation = 0;
  bool deleting = false;  // metadata.deletionTimestamp is set
  std::string json;
};

// Reads the metadata without parsing the rest. Kind "InvalidResponse" where `json` is no object with a name.
base::Result<Object> parseObject(std::string json);

// {"apiVersion", "kind", "namespace", "name", "uid"}: of involved objects and owner references.
struct ObjectReference {
  std::string apiVersion;
  std::string kind;
  ObjectKey key;
  std::string uid;
};
ObjectReference referenceTo(const Resource& resource, const Object& object);

}  // namespace faasbatch::kube
