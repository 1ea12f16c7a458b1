#include <array>

#include "lib/crypto/digest.h"
#include "lib/json/quote_name.h"
#include "lib/workflow/compiling.h"
#include "lib/workflow/fields.h"
#include "lib/workflow/names.h"
#include "lib/workflow/read_source.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {
namespace {

constexpr std::array<std::string_view, 3> kRuntimes{"Python", "Native", "Container"};
constexpr std::array<std::string_view, 3> kModes{"Threads", "Processes", "Exclusive"};
constexpr std::array<std::string_view, 6> kPolicies{"Adaptive", "FixedWindow", "None",
                                                    "Kraken",   "SFS",         "Unbatched"};

constexpr std::int64_t kMaxConcurrency = 1'000;
constexpr std::int64_t kMaxBatchSize = 10'000;
constexpr std::int64_t kMaxQueue = 1'000'000;
constexpr std::int64_t kMaxPods = 1'000;
constexpr DurationBounds kWindowBounds{.most = std::chrono::minutes(10)};
constexpr DurationBounds kTimeoutBounds{.least = std::chrono::milliseconds(1),
                                        .most = std::chrono::hours(24)};

void readConcurrency(const Fields& function, Faults& faults, Concurrency& out) {
  const Tree* tree = function.map("concurrency");
  if (tree == nullptr) return;
  const Fields fields(*tree, function.at("concurrency"), faults, {"mode", "limit"});
  take(out.mode, fields.choice("mode", kModes));
  const auto limit = fields.integer("limit", 1, kMaxConcurrency);
  take(out.limit, limit);
  if (out.mode != ConcurrencyMode::kExclusive) return;
  if (limit && *limit != 1) {
    fields.fault("limit", "must be 1 where the mode is Exclusive (one call at a time in a pod), not " +
                              std::to_string(*limit));
  }
  out.limit = 1;
}

void readBatching(const Fields& function, Faults& faults, Batching& out) {
  const Tree* tree = function.map("batching");
  if (tree == nullptr) return;
  const Fields fields(*tree, function.at("batching"), faults, {"policy", "window", "maxSize", "maxQueue"});
  take(out.policy, fields.choice("policy", kPolicies));
  take(out.window, fields.duration("window", kWindowBounds));
  take(out.maxSize, fields.integer("maxSize", 1, kMaxBatchSize));
  take(out.maxQueue, fields.integer("maxQueue", 1, kMaxQueue));
  if (out.policy == BatchPolicy::kFixedWindow && out.window == base::Duration(0)) {
    fields.fault("window", "must be more than 0s where the policy is FixedWindow");
  }
}

void readPool(const Fields& function, Faults& faults, Pool& out) {
  const Tree* tree = function.map("pool");
  if (tree == nullptr) return;
  const Fields fields(*tree, function.at("pool"), faults, {"minWarm", "maxPods", "idleTimeout"});
  take(out.minWarm, fields.integer("minWarm", 0, kMaxPods));
  take(out.maxPods, fields.integer("maxPods", 1, kMaxPods));
  take(out.idleTimeout, fields.duration("idleTimeout"));
  if (out.minWarm > out.maxPods) {
    fields.fault("minWarm", "must not be more than maxPods (" + std::to_string(out.maxPods) + "), but is " +
                                std::to_string(out.minWarm));
  }
}

void readConnection(const Fields& binding, std::string_view kind, Faults& faults, Binding& out) {
  const Tree* tree = binding.map(kind);
  if (tree == nullptr) return;
  const Fields fields(*tree, binding.at(kind), faults, {"url", "secretRef"});
  out.kind = kind == "redis" ? Binding::Kind::kRedis : Binding::Kind::kCouchdb;
  if (!fields.exactlyOne("a connection", {"url", "secretRef"})) return;
  take(out.url, fields.text("url"));
  if (const Tree* secret = fields.map("secretRef")) {
    const Fields reference(*secret, fields.at("secretRef"), faults, {"name"});
    take(out.secretName, reference.requiredText("name"));
  }
}

void readBindings(const Fields& function, Faults& faults, std::vector<Binding>& out) {
  const Tree* list = function.list("bindings");
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const Fields fields(list->items[i], itemPath(function.at("bindings"), i), faults,
                        {"name", "redis", "couchdb"});
    Binding binding;
    take(binding.name, fields.requiredText("name"));
    if (auto message = checkStepName(binding.name); !binding.name.empty() && !message.empty()) {
      fields.fault("name", message);
    }
    for (const Binding& other : out) {
      if (other.name == binding.name) fields.fault("name", json::quoteName(binding.name) + " is given twice");
    }
    if (const auto kind = fields.exactlyOne("a binding", {"redis", "couchdb"})) {
      readConnection(fields, *kind, faults, binding);
    }
    out.push_back(std::move(binding));
  }
}

// Plain values go to `env`; those that a cluster resolves (valueFrom) stay as they are, in `forPod`.
void readEnv(const Fields& function, Faults& faults, FunctionSpec& out, Tree& forPod) {
  const Tree* list = function.list("env");
  if (list == nullptr) return;
  Tree resolved = Tree::list();
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const Fields fields(list->items[i], itemPath(function.at("env"), i), faults,
                        {"name", "value", "valueFrom"});
    const auto name = fields.requiredText("name");
    if (name && name->contains('='))
      fields.fault("name", "must not hold \"=\", but is " + json::quoteName(*name));
    if (fields.has("value") && fields.has("valueFrom")) {
      fields.fault("valueFrom", "must not be given together with value");
    }
    if (fields.map("valueFrom") != nullptr) {
      resolved.items.push_back(list->items[i]);
      continue;
    }
    const Tree* value = fields.raw("value");
    const bool empty = value == nullptr || value->isNull() || (value->isString() && value->text.empty());
    const std::string text = empty ? "" : fields.text("value").value_or("");
    if (name) out.env.emplace_back(*name, text);
  }
  if (!resolved.items.empty()) forPod.add("env", std::move(resolved));
}

void readPodFields(const Fields& function, Tree& forPod) {
  for (const std::string_view key : {"envFrom", "tolerations"}) {
    if (const Tree* tree = function.list(key)) forPod.add(std::string(key), *tree);
  }
  for (const std::string_view key : {"resources", "nodeSelector"}) {
    if (const Tree* tree = function.map(key)) forPod.add(std::string(key), *tree);
  }
}

// Of the fields that make a pod what it is. How its calls are batched, pooled, timed and retried is not among
// them.
std::string digestOf(const Tree& function) {
  Tree pod = Tree::map();
  for (const std::string_view key : {"runtime", "handler", "source", "concurrency", "bindings", "share",
                                     "env", "envFrom", "image", "resources", "nodeSelector", "tolerations"}) {
    const Tree* tree = function.find(key);
    if (tree != nullptr && !tree->isNull()) pod.add(std::string(key), *tree);
  }
  return crypto::sha256Hex(toJson(pod, tree::KeyOrder::kSorted));
}

std::string checkShared(const std::string& name) {
  if (isDottedName(name, 2)) return {};
  return "must be a dotted name such as \"redis.Redis\", not " + json::quoteName(name);
}

FunctionSpec readFunction(Compiling& c, const Tree& tree, const std::string& path) {
  const Fields fields(
      tree, path, c.faults,
      {"name", "runtime", "handler", "source", "concurrency", "batching", "pool", "timeout", "retry",
       "bindings", "share", "env", "envFrom", "image", "resources", "nodeSelector", "tolerations"});
  FunctionSpec spec;
  take(spec.name, fields.requiredText("name"));
  if (!spec.name.empty()) {
    if (auto message = checkStepName(spec.name); !message.empty()) fields.fault("name", message);
    if (c.functions.contains(spec.name)) fields.fault("name", json::quoteName(spec.name) + " is given twice");
  }
  take(spec.runtime, fields.choice("runtime", kRuntimes));
  readCode(fields, c.faults, spec);
  readConcurrency(fields, c.faults, spec.concurrency);
  readBatching(fields, c.faults, spec.batching);
  readPool(fields, c.faults, spec.pool);
  take(spec.timeout, fields.duration("timeout", kTimeoutBounds));
  if (auto retry = readRetry(fields, c.faults)) spec.retry = std::move(*retry);
  readBindings(fields, c.faults, spec.bindings);
  spec.share = fields.texts("share", checkShared);
  Tree forPod = Tree::map();
  readEnv(fields, c.faults, spec, forPod);
  readPodFields(fields, forPod);
  spec.podJson = toJson(forPod);
  spec.digest = digestOf(tree);
  return spec;
}

}  // namespace

void readFunctions(Compiling& c, const Tree* functions, const std::string& path) {
  if (functions == nullptr) return;
  if (functions->items.size() > kMaxFunctions) {
    c.faults.add(path, "must be at most " + std::to_string(kMaxFunctions) + " functions, not " +
                           std::to_string(functions->items.size()));
    for (const Tree& function : functions->items) {  // so that steps do not call them unknown as well
      const Tree* name = function.find("name");
      if (name != nullptr && name->isString()) c.functions.try_emplace(name->text, 0);
    }
    c.functionUsed.assign(1, false);
    return;
  }
  for (std::size_t i = 0; i < functions->items.size(); ++i) {
    FunctionSpec spec = readFunction(c, functions->items[i], itemPath(path, i));
    c.functions.try_emplace(spec.name, static_cast<FunctionIndex>(i));
    c.plan.functions.push_back(std::move(spec));
  }
  c.functionUsed.assign(c.plan.functions.size(), false);
}

}  // namespace faasbatch::workflow
