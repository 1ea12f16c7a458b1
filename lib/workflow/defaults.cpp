#include "lib/workflow/defaults.h"

#include <string>

#include "lib/workflow/duration.h"
#include "lib/workflow/function.h"
#include "lib/workflow/plan.h"

namespace faasbatch::workflow {
namespace {

void set(Tree& map, std::string_view key, Tree value) {
  Tree* found = map.find(key);
  if (found == nullptr) {
    map.add(std::string(key), std::move(value));
  } else if (found->isNull()) {
    *found = std::move(value);
  }
}

Tree number(std::uint64_t value) { return Tree::number(std::to_string(value)); }
Tree time(base::Duration value) { return Tree::string(formatDuration(value)); }

// The map at `key`, made where there is none; null where something else is there.
Tree* mapAt(Tree& map, std::string_view key) {
  set(map, key, Tree::map());
  Tree* found = map.find(key);
  return found->isMap() ? found : nullptr;
}

void forEachMap(Tree* list, void (*visit)(Tree&)) {
  if (list == nullptr || !list->isList()) return;
  for (Tree& item : list->items) {
    if (item.isMap()) visit(item);
  }
}

void retryDefaults(Tree& owner) {
  Tree* retry = owner.find("retry");
  if (retry == nullptr || !retry->isMap()) return;
  const Backoff backoff;
  if (Tree* map = mapAt(*retry, "backoff")) {
    set(*map, "initial", time(backoff.initial));
    set(*map, "factor", number(static_cast<std::uint64_t>(backoff.factor)));
    set(*map, "max", time(backoff.max));
  }
}

void concurrencyDefaults(Tree& function) {
  Tree* map = mapAt(function, "concurrency");
  if (map == nullptr) return;
  set(*map, "mode", Tree::string("Threads"));
  const bool exclusive = map->find("mode")->isString() && map->find("mode")->text == "Exclusive";
  set(*map, "limit", number(exclusive ? 1 : Concurrency{}.limit));
}

void functionDefaults(Tree& function) {
  const FunctionSpec spec;
  set(function, "runtime", Tree::string("Python"));
  concurrencyDefaults(function);
  if (Tree* map = mapAt(function, "batching")) {
    set(*map, "policy", Tree::string("Adaptive"));
    set(*map, "window", time(spec.batching.window));
    set(*map, "maxSize", number(spec.batching.maxSize));
    set(*map, "maxQueue", number(spec.batching.maxQueue));
  }
  if (Tree* map = mapAt(function, "pool")) {
    set(*map, "minWarm", number(spec.pool.minWarm));
    set(*map, "maxPods", number(spec.pool.maxPods));
    set(*map, "idleTimeout", time(spec.pool.idleTimeout));
  }
  set(function, "timeout", time(spec.timeout));
  retryDefaults(function);
}

void stepDefaults(Tree& step);

void armDefaults(Tree& arm) { forEachMap(arm.find("steps"), stepDefaults); }

void catchDefaults(Tree& arm) {
  Tree all = Tree::list();
  all.items.push_back(Tree::string("*"));
  set(arm, "on", std::move(all));
  armDefaults(arm);
}

void stepDefaults(Tree& step) {
  retryDefaults(step);
  if (Tree* repeat = step.find("repeat"); repeat != nullptr && repeat->isMap()) {
    set(*repeat, "limit", number(kDefaultRepeatLimit));
    set(*repeat, "delay", time(base::Duration(0)));
  }
  forEachMap(step.find("steps"), stepDefaults);
  forEachMap(step.find("switch"), armDefaults);
  forEachMap(step.find("catch"), catchDefaults);
}

}  // namespace

void applyDefaults(Tree& object, std::string_view nameSpace) {
  if (Tree* metadata = object.find("metadata"); metadata != nullptr && metadata->isMap()) {
    set(*metadata, "namespace", Tree::string(std::string(nameSpace)));
  }
  Tree* spec = object.find("spec");
  if (spec == nullptr || !spec->isMap()) return;
  set(*spec, "timeout", time(Plan{}.timeout));
  set(*spec, "control", Tree::string("Worker"));
  forEachMap(spec->find("functions"), functionDefaults);
  forEachMap(spec->find("steps"), stepDefaults);
}

}  // namespace faasbatch::workflow
