#include "lib/crypto/digest.h"
#include "lib/workflow/compiling.h"
#include "lib/workflow/fields.h"
#include "lib/workflow/names.h"
#include "lib/workflow/read_pod.h"
#include "lib/workflow/read_source.h"

namespace faasbatch::workflow {
namespace {

void readConcurrency(const Fields& function, Concurrency& out) {
  const auto fields = function.map("concurrency");
  if (!fields) return;
  take(out.mode, fields->choice("mode"));
  const auto limit = fields->integer("limit");
  take(out.limit, limit);
  if (out.mode != ConcurrencyMode::kExclusive) return;
  if (limit && *limit != 1) {
    fields->fault("limit", "must be 1 where the mode is Exclusive (one call at a time in a pod), not " +
                               std::to_string(*limit));
  }
  out.limit = 1;
}

void readBatching(const Fields& function, Batching& out) {
  const auto fields = function.map("batching");
  if (!fields) return;
  take(out.policy, fields->choice("policy"));
  take(out.window, fields->duration("window"));
  take(out.maxSize, fields->integer("maxSize"));
  take(out.maxQueue, fields->integer("maxQueue"));
  if (out.policy == BatchPolicy::kFixedWindow && out.window == base::Duration(0)) {
    fields->fault("window", "must be more than 0s where the policy is FixedWindow");
  }
}

void readPool(const Fields& function, Pool& out) {
  const auto fields = function.map("pool");
  if (!fields) return;
  take(out.minWarm, fields->integer("minWarm"));
  take(out.maxPods, fields->integer("maxPods"));
  take(out.idleTimeout, fields->duration("idleTimeout"));
  if (out.minWarm > out.maxPods) {
    fields->fault("minWarm", "must not be more than maxPods (" + std::to_string(out.maxPods) + "), but is " +
                                 std::to_string(out.minWarm));
  }
}

void readConnection(const Fields& binding, std::string_view kind, Binding& out) {
  const auto fields = binding.map(kind);
  if (!fields) return;
  out.kind = kind == "redis" ? Binding::Kind::kRedis : Binding::Kind::kCouchdb;
  if (!fields->exactlyOne()) return;
  take(out.url, fields->text("url"));
  if (const auto secret = fields->map("secretRef")) take(out.secretName, secret->text("name"));
}

void readBindings(const Fields& function, std::vector<Binding>& out) {
  for (const Fields& fields : function.maps("bindings")) {
    Binding binding;
    take(binding.name, fields.text("name"));
    if (const auto kind = fields.exactlyOne()) readConnection(fields, *kind, binding);
    out.push_back(std::move(binding));
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

FunctionSpec readFunction(Compiling& c, const Fields& fields, const Tree& tree) {
  FunctionSpec spec;
  take(spec.name, fields.text("name"));
  take(spec.runtime, fields.choice("runtime"));
  readCode(fields, spec);
  readConcurrency(fields, spec.concurrency);
  readBatching(fields, spec.batching);
  readPool(fields, spec.pool);
  take(spec.timeout, fields.duration("timeout"));
  if (auto retry = readRetry(fields)) spec.retry = std::move(*retry);
  readBindings(fields, spec.bindings);
  spec.share = fields.texts("share");
  readPod(fields, spec);
  spec.digest = digestOf(tree);
  c.functions.try_emplace(spec.name, static_cast<FunctionIndex>(c.plan.functions.size()));
  return spec;
}

}  // namespace

void readFunctions(Compiling& c, const Fields& spec) {
  const Tree* list = spec.raw("functions");
  const std::vector<Fields> functions = spec.maps("functions");
  if (functions.size() > kMaxFunctions) {
    for (const Tree& function : list->items) {  // so that steps do not call them unknown as well
      const Tree* name = function.find("name");
      if (name != nullptr && name->isString()) c.functions.try_emplace(name->text, 0);
    }
    c.functionUsed.assign(1, false);
    return;
  }
  for (std::size_t i = 0; i < functions.size(); ++i)
    c.plan.functions.push_back(readFunction(c, functions[i], list->items[i]));
  c.functionUsed.assign(c.plan.functions.size(), false);
}

}  // namespace faasbatch::workflow
