#include "lib/workflow/schema.h"

#include "lib/workflow/manifest.h"
#include "lib/workflow/names.h"
#include "lib/workflow/plan.h"
#include "lib/workflow/schema_build.h"

namespace faasbatch::workflow {
namespace {

constexpr DurationBounds kRunTimeoutBounds{.least = std::chrono::milliseconds(1),
                                           .most = std::chrono::hours(24 * 365)};

const MapSchema& specSchema() {
  static const MapSchema schema{
      .fields = {
          maps("functions", "function", {0, kMaxFunctions}, functionSchema, "name",
               "What steps call: code, and how it is run."),
          required(maps("steps", "step", {1, kMaxSteps}, stepSchema, "name",
                        "The graph. A step runs when the steps that its expressions and its after name have "
                        "ended; steps "
                        "without an edge between them run side by side.")),
          anything("output",
                   "What a run answers: any JSON, whose strings may hold expressions. Default: the output of "
                   "the last step."),
          fallbackTime(duration("timeout", kRunTimeoutBounds, "Of a run."), Plan{}.timeout),
          fallbackWord(
              choice("control", {"Worker", "Home"},
                     "Who starts the next step where the nodes differ. Worker: the node that ended the one "
                     "before it. Home: the node that took the call, as a central engine would, for "
                     "comparison."),
              "Worker")}};
  return schema;
}

// The API server's own: only what a reader of manifests needs is told apart.
const MapSchema& metadataSchema() {
  const auto own = [](std::string_view name) { return anything(name, ""); };
  static const MapSchema schema{
      .fields = {required(text("name", kMaxObjectNameBytes, kObjectNameForm, "Of the object.")),
                 text("namespace", kMaxWordCharacters, kAnyText, "Of the object."), own("labels"),
                 own("annotations"), own("generateName"), own("selfLink"), own("uid"), own("resourceVersion"),
                 own("generation"), own("creationTimestamp"), own("deletionTimestamp"),
                 own("deletionGracePeriodSeconds"), own("ownerReferences"), own("finalizers"),
                 own("managedFields"), own("clusterName")}};
  return schema;
}

}  // namespace

const FieldSchema* MapSchema::find(std::string_view name) const {
  for (const FieldSchema& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

const MapSchema& objectSchema() {
  static const MapSchema schema{.fields = {required(text("apiVersion", kMaxWordCharacters, kAnyText, "")),
                                           required(text("kind", kMaxWordCharacters, kAnyText, "")),
                                           required(map("metadata", metadataSchema, "")),
                                           required(map("spec", specSchema, "What the workflow does."))}};
  return schema;
}

}  // namespace faasbatch::workflow
