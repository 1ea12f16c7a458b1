#include "lib/workflow/function.h"
#include "lib/workflow/manifest.h"
#include "lib/workflow/names.h"
#include "lib/workflow/schema_build.h"

namespace faasbatch::workflow {
namespace {

constexpr std::int64_t kMaxConcurrency = 1'000;
constexpr std::int64_t kMaxBatchSize = 10'000;
constexpr std::int64_t kMaxQueue = 1'000'000;
constexpr std::int64_t kMaxPods = 1'000;
constexpr std::int64_t kMaxBindings = 32;
constexpr std::int64_t kMaxShared = 100;
constexpr std::int64_t kMaxVariables = 1'000;
constexpr std::int64_t kMaxEnvFrom = 100;
constexpr std::int64_t kMaxNodeLabels = 64;
constexpr std::int64_t kMaxLabelValueCharacters = 63;
constexpr std::int64_t kMaxTolerations = 64;
constexpr std::int64_t kMaxImageCharacters = 1'024;
constexpr DurationBounds kWindowBounds{.most = std::chrono::minutes(10)};
constexpr DurationBounds kTimeoutBounds{.least = std::chrono::milliseconds(1),
                                        .most = std::chrono::hours(24)};

const MapSchema& concurrencySchema() {
  static const MapSchema schema{
      .fields =
          {fallbackWord(
               choice(
                   "mode", {"Threads", "Processes", "Exclusive"},
                   "Threads: the calls of a pod share one interpreter (good for waiting on others). "
                   "Processes: each call in a forked process (good for computing in Python). Exclusive: one "
                   "call at a time in a pod."),
               "Threads"),
           // No default in the schema: it depends on the mode (defaults.cpp).
           integer("limit", {1, kMaxConcurrency},
                   "Calls at once in one pod. Default: 32, and 1 where the mode is "
                   "Exclusive.")},
      .rules = {{"self.mode != 'Exclusive' || !has(self.limit) || self.limit == 1",
                 "must be 1 where the mode is Exclusive (one call at a time in a pod)", "limit"}}};
  return schema;
}

const MapSchema& batchingSchema() {
  constexpr Batching kDefault;
  static const MapSchema schema{
      .fields = {fallbackWord(
                     choice("policy", {"Adaptive", "FixedWindow", "None", "Kraken", "SFS", "Unbatched"},
                            "When calls leave for a pod. Adaptive: at once while a warm pod has a free slot, "
                            "otherwise when "
                            "one frees, a pod gets ready, maxSize is reached or the window is over. "
                            "FixedWindow: every "
                            "window, as in the FaaSBatch paper. None: at once, one call a pod. Kraken, SFS, "
                            "Unbatched: the "
                            "policies of those systems, for comparison."),
                     "Adaptive"),
                 fallbackTime(duration("window", kWindowBounds, "How long a call may wait for company."),
                              kDefault.window),
                 fallbackNumber(integer("maxSize", {1, kMaxBatchSize}, "Calls in one batch, at most."),
                                kDefault.maxSize),
                 fallbackNumber(integer("maxQueue", {1, kMaxQueue},
                                        "Waiting calls on one node; more are refused with 429 QueueFull."),
                                kDefault.maxQueue)},
      .rules = {{"self.policy != 'FixedWindow' || duration(self.window) > duration('0s')",
                 "must be more than 0s where the policy is FixedWindow", "window"}}};
  return schema;
}

const MapSchema& poolSchema() {
  constexpr Pool kDefault;
  static const MapSchema schema{
      .fields = {fallbackNumber(integer("minWarm", {0, kMaxPods}, "Pods that are kept warm without calls."),
                                kDefault.minWarm),
                 fallbackNumber(integer("maxPods", {1, kMaxPods},
                                        "Pods in the whole cluster, at most; also in a burst."),
                                kDefault.maxPods),
                 fallbackTime(duration("idleTimeout", {}, "A pod without calls for so long is deleted."),
                              kDefault.idleTimeout)},
      .rules = {{"self.minWarm <= self.maxPods", "must not be more than maxPods", "minWarm"}}};
  return schema;
}

FieldSchema nodeSelector() {
  FieldSchema field{.name = "nodeSelector",
                    .kind = FieldKind::kTextMap,
                    .description = "Labels of the nodes that may run the function's pods, as in a pod.",
                    .length = {0, kMaxLabelValueCharacters},
                    .count = {0, kMaxNodeLabels},
                    .item = "label",
                    .form = &kLabelValueForm,
                    .keyForm = &kLabelKeyForm};
  return field;
}

std::vector<FieldSchema> functionFields() {
  return {
      required(text("name", kMaxStepNameBytes, kStepNameForm, "What steps call it. Unique in the list.")),
      fallbackWord(choice("runtime", {"Python", "Native", "Container"},
                          "Python: a handler in a module. Native: a symbol in a shared object. Container: an "
                          "image that speaks "
                          "the runtime contract itself."),
                   "Python"),
      text("handler", kMaxWordCharacters, kAnyText,
           "Python: MODULE.NAME, such as count.handler. Native: the symbol. Required but for Container."),
      map("source", sourceSchema,
          "Where the code comes from. Required but for Container, whose image has it."),
      fallback(map("concurrency", concurrencySchema, "How calls share a pod."), "{}"),
      fallback(map("batching", batchingSchema, "How waiting calls are grouped into batches."), "{}"),
      fallback(map("pool", poolSchema, "How many pods there are, and how long."), "{}"),
      fallbackTime(duration("timeout", kTimeoutBounds, "Of one attempt, from its start in the pod."),
                   FunctionSpec{}.timeout),
      map("retry", retrySchema,
          "Retries of all steps that call this function; a step's own retry goes before it. Default: "
          "none, but what was lost by no fault of its own is retried by itself."),
      maps("bindings", "binding", {0, kMaxBindings}, bindingSchema, "name",
           "Connections that a pod keeps for all its calls; a handler gets one with context.binding(name)."),
      texts("share", "name", {0, kMaxShared}, kMaxWordCharacters, kConstructorForm,
            "Python: constructors whose clients all calls of a pod share where the arguments are equal, such "
            "as "
            "pymongo.MongoClient, besides redis.Redis, couchdb.Server, boto3.client and requests.Session."),
      maps("env", "variable", {0, kMaxVariables}, envSchema, "", "Environment variables, as in a pod."),
      maps("envFrom", "source", {0, kMaxEnvFrom}, envFromSchema, "",
           "ConfigMaps and Secrets whose keys become environment variables, "
           "as in a pod."),
      text("image", kMaxImageCharacters, kAnyText,
           "The pod's image. Default: the runtime's own. For packages of your own, build one on the "
           "runtime's. Required for "
           "Container."),
      map("resources", resourcesSchema, "What a pod of the function asks for and may use, as in a pod."),
      nodeSelector(),
      maps("tolerations", "toleration", {0, kMaxTolerations}, tolerationSchema, "",
           "Taints of nodes that the function's pods put up with, as "
           "in a pod."),
  };
}

}  // namespace

const MapSchema& functionSchema() {
  static const MapSchema schema{
      .fields = functionFields(),
      .rules = {{"self.runtime == 'Container' || has(self.handler)", "is required", "handler"},
                {"self.runtime == 'Container' || has(self.source)", "is required", "source"},
                {"self.runtime != 'Container' || has(self.image)",
                 "is required where the runtime is Container", "image"},
                {"self.runtime != 'Container' || !has(self.source) || has(self.source.path)",
                 "a Container function brings its code in its image", "source"},
                {"self.runtime != 'Native' || !has(self.source) || has(self.source.path) || "
                 "has(self.source.archive)",
                 "a Native function needs source.path (a shared object inside the pod) or source.archive (a "
                 "zip that holds it)",
                 "source"}}};
  return schema;
}

}  // namespace faasbatch::workflow
