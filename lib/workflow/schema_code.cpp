// Where a function's code comes from, and the connections it keeps.
#include "lib/workflow/names.h"
#include "lib/workflow/schema_build.h"

namespace faasbatch::workflow {
namespace {

constexpr std::int64_t kSha256Digits = 64;

const MapSchema& configMapSchema() {
  static const MapSchema schema{.fields = {required(text("name", kMaxObjectNameBytes, kObjectNameForm,
                                                         "Of the ConfigMap, in the same namespace.")),
                                           required(text("key", kMaxWordCharacters, kConfigKeyForm,
                                                         "Under which it holds the module's text."))}};
  return schema;
}

const MapSchema& archiveSchema() {
  static const MapSchema schema{.fields = {required(text("url", kMaxUrlCharacters, kHttpUrlForm,
                                                         "Where the zip file is: https:// or http://.")),
                                           required(text("sha256", kSha256Digits, kSha256Form,
                                                         "Of the file, as 64 hex digits: other bytes are not "
                                                         "run."))}};
  return schema;
}

const MapSchema& secretRefSchema() {
  static const MapSchema schema{
      .fields = {required(text("name", kMaxObjectNameBytes, kObjectNameForm,
                               "Of a Secret of the same namespace, whose key url holds the address."))}};
  return schema;
}

const MapSchema& connectionSchema() {
  static const MapSchema schema{
      .fields = {text("url", kMaxUrlCharacters, kAnyText, "The address, where it holds no password."),
                 map("secretRef", secretRefSchema, "The address out of a Secret.")},
      .exactlyOne = Union{"a connection", {"url", "secretRef"}}};
  return schema;
}

}  // namespace

const MapSchema& sourceSchema() {
  static const MapSchema schema{
      .fields = {text("inline", kMaxTextCharacters, kAnyText,
                      "The module's text. It becomes MODULE.py of the handler."),
                 map("configMap", configMapSchema,
                     "The module's text out of a ConfigMap; a change of it is rolled out."),
                 map("archive", archiveSchema, "A zip file with the module and what it imports."),
                 text("path", kMaxPathCharacters, kAnyText,
                      "A file or directory inside the pod, which the image brings; for Native a shared "
                      "object (.so).")},
      .exactlyOne = Union{"a source", {"inline", "configMap", "archive", "path"}}};
  return schema;
}

const MapSchema& bindingSchema() {
  static const MapSchema schema{
      .fields = {required(
                     text("name", kMaxStepNameBytes, kStepNameForm, "What context.binding(name) calls it.")),
                 map("redis", connectionSchema, "A Redis server: redis://HOST:PORT/DB."),
                 map("couchdb", connectionSchema, "A CouchDB server: http://HOST:PORT/DATABASE.")},
      .exactlyOne = Union{"a binding", {"redis", "couchdb"}}};
  return schema;
}

}  // namespace faasbatch::workflow
