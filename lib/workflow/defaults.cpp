#include "lib/workflow/defaults.h"

#include <string>

#include "lib/workflow/function.h"
#include "lib/workflow/schema.h"

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

// As an API server does it: the default of a map lets those inside it apply.
void fill(Tree& tree, const MapSchema& schema) {
  if (!tree.isMap()) return;
  for (const FieldSchema& field : schema.fields) {
    if (field.fallback) set(tree, field.name, *tree::parseJson(*field.fallback));
    Tree* value = tree.find(field.name);
    if (value == nullptr || field.map == nullptr) continue;
    if (field.kind == FieldKind::kMap) {
      fill(*value, field.map());
    } else {
      for (Tree& item : value->items) fill(item, field.map());
    }
  }
}

// The one default that depends on another field; a schema cannot say it.
void fillLimits(Tree* functions) {
  if (functions == nullptr) return;
  for (Tree& function : functions->items) {
    Tree* concurrency = function.find("concurrency");
    if (concurrency == nullptr || !concurrency->isMap()) continue;
    const Tree* mode = concurrency->find("mode");
    const bool exclusive = mode->isString() && mode->text == "Exclusive";
    set(*concurrency, "limit", Tree::number(std::to_string(exclusive ? 1 : Concurrency{}.limit)));
  }
}

}  // namespace

void applyDefaults(Tree& object, std::string_view nameSpace) {
  if (Tree* metadata = object.find("metadata"); metadata != nullptr && metadata->isMap()) {
    set(*metadata, "namespace", Tree::string(std::string(nameSpace)));
  }
  fill(object, objectSchema());
  Tree* spec = object.find("spec");
  if (spec != nullptr && spec->isMap()) fillLimits(spec->find("functions"));
}

}  // namespace faasbatch::workflow
