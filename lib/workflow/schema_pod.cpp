// Fields that mean what they mean in a pod.
#include "lib/workflow/names.h"
#include "lib/workflow/schema_build.h"

namespace faasbatch::workflow {
namespace {

constexpr std::int64_t kMaxVariableCharacters = 128 * 1024;  // execve(2): MAX_ARG_STRLEN
constexpr std::int64_t kMaxResourceNames = 32;
constexpr std::int64_t kMaxFieldPathCharacters = 1'024;
constexpr std::int64_t kMaxLabelKeyCharacters = 253 + 1 + 63;
constexpr std::int64_t kMaxLabelValueCharacters = 63;
constexpr std::int64_t kMaxTolerationSeconds = INT32_MAX;

const MapSchema& fieldRefSchema() {
  static const MapSchema schema{
      .fields = {text("apiVersion", kMaxWordCharacters, kAnyText, "Of the pod; v1."),
                 required(text("fieldPath", kMaxFieldPathCharacters, kAnyText,
                               "Such as spec.nodeName or status.podIP."))}};
  return schema;
}

const MapSchema& resourceFieldRefSchema() {
  static const MapSchema schema{
      .fields = {text("containerName", kMaxWordCharacters, kAnyText, "Of the pod; left out: the function's."),
                 required(text("resource", kMaxWordCharacters, kAnyText, "Such as limits.memory.")),
                 {.name = "divisor",
                  .kind = FieldKind::kQuantity,
                  .description = "The unit to count in.",
                  .length = {1, kMaxQuantityCharacters},
                  .form = &kQuantityForm}}};
  return schema;
}

const MapSchema& keyRefSchema() {
  static const MapSchema schema{
      .fields = {required(text("name", kMaxObjectNameBytes, kObjectNameForm,
                               "Of the object, in the same namespace.")),
                 required(text("key", kMaxWordCharacters, kConfigKeyForm, "Whose value is taken.")),
                 flag("optional", "Whether the pod starts without it.")}};
  return schema;
}

const MapSchema& objectRefSchema() {
  static const MapSchema schema{.fields = {required(text("name", kMaxObjectNameBytes, kObjectNameForm,
                                                         "Of the object, in the same namespace.")),
                                           flag("optional", "Whether the pod starts without it.")}};
  return schema;
}

const MapSchema& envSourceSchema() {
  static const MapSchema schema{
      .fields = {map("fieldRef", fieldRefSchema, "A field of the pod."),
                 map("resourceFieldRef", resourceFieldRefSchema, "A request or limit of the pod."),
                 map("configMapKeyRef", keyRefSchema, "A key of a ConfigMap."),
                 map("secretKeyRef", keyRefSchema,
                     "A key of a Secret. The kubelet puts it in; nothing of FaaSBatch reads it.")},
      .exactlyOne = Union{"valueFrom", {"fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef"}}};
  return schema;
}

FieldSchema quantities(std::string_view name, std::string description) {
  FieldSchema field{.name = name,
                    .kind = FieldKind::kQuantityMap,
                    .description = std::move(description),
                    .length = {1, kMaxQuantityCharacters},
                    .count = {0, kMaxResourceNames},
                    .item = "resource",
                    .form = &kQuantityForm,
                    .keyForm = &kLabelKeyForm};
  return field;
}

}  // namespace

const MapSchema& envSchema() {
  FieldSchema value = text("value", kMaxVariableCharacters, kAnyText, "Its value; left out: empty.");
  value.length.least = 0;
  static const MapSchema schema{
      .fields = {required(text("name", kMaxWordCharacters, kVariableNameForm, "Of the variable.")),
                 std::move(value), map("valueFrom", envSourceSchema, "Its value out of something else.")},
      .rules = {{"!(has(self.value) && has(self.valueFrom))", "must not be given together with value",
                 "valueFrom"}}};
  return schema;
}

const MapSchema& envFromSchema() {
  static const MapSchema schema{
      .fields = {text("prefix", kMaxWordCharacters, kVariableNameForm, "Put before each key."),
                 map("configMapRef", objectRefSchema, "The ConfigMap."),
                 map("secretRef", objectRefSchema, "The Secret.")},
      .exactlyOne = Union{"envFrom", {"configMapRef", "secretRef"}}};
  return schema;
}

const MapSchema& resourcesSchema() {
  static const MapSchema schema{
      .fields = {quantities("requests", "What a node must have free for the pod: cpu, memory, ..."),
                 quantities("limits", "What the pod may use at most.")}};
  return schema;
}

const MapSchema& tolerationSchema() {
  static const MapSchema schema{
      .fields = {text("key", kMaxLabelKeyCharacters, kLabelKeyForm,
                      "Of the taint; left out, with operator Exists: every taint."),
                 choice("operator", {"Exists", "Equal"},
                        "Equal (the default): the taint has this value. Exists: any value."),
                 {.name = "value",
                  .description = "Of the taint.",
                  .length = {0, kMaxLabelValueCharacters},
                  .form = &kLabelValueForm},
                 choice("effect", {"NoSchedule", "PreferNoSchedule", "NoExecute"},
                        "Of the taint; left out: every effect."),
                 integer("tolerationSeconds", {0, kMaxTolerationSeconds}, "With NoExecute: for how long.")},
      .rules = {{"has(self.key) || (has(self.operator) && self.operator == 'Exists')",
                 "must be Exists where there is no key", "operator"},
                {"!has(self.value) || self.value == '' || !has(self.operator) || self.operator != 'Exists'",
                 "must be left out where the operator is Exists", "value"},
                {"!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
                 "needs the effect NoExecute", "tolerationSeconds"}}};
  return schema;
}

}  // namespace faasbatch::workflow
