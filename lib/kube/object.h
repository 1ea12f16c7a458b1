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

// Whether an object must have a name: what a review answers has none.
enum class Named { kYes, kNo };
// Checks the text (lib/json/check.h) and reads the metadata without parsing the rest. Kind "InvalidResponse"
// where `json` is no object of the API, or has no name and must.
base::Result<Object> parseObject(std::string json, Named named = Named::kYes);
// The same for text that has been checked, as part of a larger one.
base::Result<Object> parseCheckedObject(std::string json, Named named = Named::kYes);

// Takes `metadata.managedFields` out of the text: often a third of it, and of no use to a reader.
void dropManagedFields(Object& object);

// {"apiVersion", "kind", "namespace", "name", "uid"}: of involved objects and owner references.
struct ObjectReference {
  std::string apiVersion;
  std::string kind;
  ObjectKey key;
  std::string uid;
};
ObjectReference referenceTo(const Resource& resource, const Object& object);

}  // namespace faasbatch::kube
