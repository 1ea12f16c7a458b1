#include "crds/status_schema.h"

#include "lib/cluster/placement.h"
#include "lib/workflow/manifest.h"
#include "lib/workflow/names.h"
#include "lib/workflow/schema_build.h"

namespace faasbatch::crds {
namespace {

using workflow::Bounds;
using workflow::kAnyText;
using workflow::kMaxFunctions;
using workflow::kMaxObjectNameBytes;
using workflow::kMaxStepNameBytes;
using workflow::kMaxSteps;
using workflow::kMaxWordCharacters;
using workflow::MapSchema;
using workflow::required;

constexpr std::int64_t kMaxConditions = 16;
constexpr std::int64_t kMaxReasonCharacters = 1'024;  // as Kubernetes bounds its own conditions
constexpr std::int64_t kMaxMessageCharacters = 32'768;
constexpr std::int64_t kMaxTimeCharacters = 64;
constexpr std::int64_t kSha256Digits = 64;
constexpr Bounds kCount{0, (std::int64_t{1} << 53) - 1};  // the API server holds bounds as doubles

const MapSchema& conditionSchema() {
  static const MapSchema schema{
      .fields = {
          required(workflow::text("type", kMaxWordCharacters, kAnyText, "Accepted, Placed or Ready.")),
          required(workflow::choice("status", {"True", "False", "Unknown"}, "Whether it is so.")),
          workflow::integer("observedGeneration", kCount, "Of the spec that this is about."),
          required(workflow::text("lastTransitionTime", kMaxTimeCharacters, kAnyText,
                                  "When status changed last.")),
          required(workflow::text("reason", kMaxReasonCharacters, kAnyText, "Why, in a word for programs.")),
          required([] {
            auto message = workflow::text("message", kMaxMessageCharacters, kAnyText, "Why, for people.");
            message.length.least = 0;
            return message;
          }())}};
  return schema;
}

const MapSchema& placedStepSchema() {
  static const MapSchema schema{
      .fields = {
          required(workflow::text("step", kMaxStepNameBytes, kAnyText, "Of the root list.")),
          required(workflow::integer("group", {0, kMaxSteps}, "Steps of a group are on the same node.")),
          required(
              workflow::text("node", kMaxObjectNameBytes, kAnyText, "Where it runs, in the first replica.")),
          required(workflow::choice(
              "store", {"Node", "Cluster"},
              "Where an output goes that is too large to travel inline: the node's own store, "
              "or the cluster's where another node reads it."))}};
  return schema;
}

const MapSchema& replicaSchema() {
  static const MapSchema schema{
      .fields = {required(workflow::texts("nodes", "node", {1, kMaxSteps}, kMaxObjectNameBytes, kAnyText,
                                          "The node of each group."))}};
  return schema;
}

const MapSchema& sourceStatusSchema() {
  static const MapSchema schema{
      .fields = {
          required(workflow::text("name", kMaxObjectNameBytes, kAnyText, "Of the ConfigMap.")),
          required(workflow::text("key", kMaxWordCharacters, kAnyText, "Of the text in it.")),
          required(workflow::text("sha256", kSha256Digits, kAnyText, "Of the text, as it is served."))}};
  return schema;
}

}  // namespace

const MapSchema& statusSchema() {
  static const MapSchema schema{
      .fields = {
          workflow::integer("observedGeneration", kCount,
                            "The generation of the spec that the status is about."),
          workflow::maps("conditions", "condition", {0, kMaxConditions}, conditionSchema, "type",
                         "Accepted: the spec compiles and its sources are there. Placed: every step has a "
                         "node. Ready: the "
                         "nodes serve it."),
          workflow::text("reason", kMaxReasonCharacters, kAnyText,
                         "Of the first condition that is not True, or of Ready."),
          workflow::integer("steps", kCount, "How many steps there are, nested ones included."),
          workflow::integer("active", kCount, "Runs in progress, as far as it is known; written in steps."),
          workflow::text("p95", kMaxTimeCharacters, kAnyText,
                         "95 of 100 runs of the last minute were faster; written when it changes by much."),
          workflow::integer("nodes", kCount, "How many nodes it is placed on."),
          workflow::maps("placement", "step", {0, kMaxSteps}, placedStepSchema, "step",
                         "Where each step of the root list runs."),
          workflow::maps(
              "replicas", "replica", {0, static_cast<std::int64_t>(cluster::kMaxReplicas)}, replicaSchema, "",
              "The nodes of every replica of the placement, group by group. A run stays within one."),
          workflow::integer("placementGeneration", kCount,
                            "The generation that placement and replicas were made for."),
          workflow::texts("criticalPath", "step", {0, kMaxSteps}, kMaxStepNameBytes, kAnyText,
                          "The steps that decide how long a run takes, by what was measured."),
          workflow::maps("sources", "source", {0, kMaxFunctions}, sourceStatusSchema, "",
                         "What was read from ConfigMaps."),
      }};
  return schema;
}

}  // namespace faasbatch::crds
