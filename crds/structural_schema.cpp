#include "crds/structural_schema.h"

#include <algorithm>
#include <array>
#include <string>

#include "lib/workflow/duration.h"

namespace faasbatch::crds {
namespace {

using tree::Tree;
using workflow::FieldKind;
using workflow::FieldSchema;
using workflow::MapSchema;

Tree text(std::string_view value) { return Tree::string(std::string(value)); }
Tree number(std::int64_t value) { return Tree::number(std::to_string(value)); }
Tree texts(const std::vector<std::string_view>& values) {
  Tree list = Tree::list();
  for (const std::string_view value : values) list.items.push_back(text(value));
  return list;
}

// A field's name as CEL in Kubernetes has it: words of the language are put between underscores.
std::string celName(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kWords{"function", "namespace", "if", "for"};
  const std::string plain(name);
  return std::ranges::find(kWords, name) == kWords.end() ? plain : "__" + plain + "__";
}

// With the defaults of what lies inside: the API server looks at a default with the rules of its place before
// it puts any further defaults into it.
Tree fullDefault(const FieldSchema& field) {
  Tree value = *tree::parseJson(*field.fallback);
  if (field.kind != FieldKind::kMap) return value;
  for (const FieldSchema& inner : field.map().fields) {
    if (inner.fallback && value.find(inner.name) == nullptr) {
      value.add(std::string(inner.name), fullDefault(inner));
    }
  }
  return value;
}

class Writer {
 public:
  // `level` of the list of steps that is written: 0 outside of them and in the root list.
  Tree object(const MapSchema& map, int level) const {
    Tree schema = Tree::map();
    schema.add("type", text("object"));
    Tree properties = Tree::map();
    Tree required = Tree::list();
    for (const FieldSchema& field : map.fields) {
      properties.add(std::string(field.name), described(field, level));
      if (field.required) required.items.push_back(text(field.name));
    }
    schema.add("properties", std::move(properties));
    if (!required.items.empty()) schema.add("required", std::move(required));
    if (level == 0) addRules(schema, map);
    return schema;
  }

 private:
  static Tree rule(std::string cel, std::string_view message, std::string_view field = {}) {
    Tree rule = Tree::map();
    rule.add("rule", Tree::string(std::move(cel)));
    rule.add("message", text(message));
    if (!field.empty()) rule.add("fieldPath", Tree::string("." + std::string(field)));
    return rule;
  }

  static void addRules(Tree& schema, const MapSchema& map) {
    Tree rules = Tree::list();
    if (map.exactlyOne) {
      std::string sum;
      std::string names;
      for (const std::string_view key : map.exactlyOne->keys) {
        sum += (sum.empty() ? "(has(self." : " + (has(self.") + celName(key) + ") ? 1 : 0)";
        names += (names.empty() ? "" : ", ") + std::string(key);
      }
      rules.items.push_back(
          rule(sum + " == 1", std::string(map.exactlyOne->what) + " needs exactly one of " + names));
    }
    for (const workflow::Rule& each : map.rules)
      rules.items.push_back(rule(std::string(each.cel), each.message, each.field));
    if (!rules.items.empty()) schema.add("x-kubernetes-validations", std::move(rules));
  }

  Tree described(const FieldSchema& field, int level) const {
    Tree schema = Tree::map();
    if (!field.description.empty()) schema.add("description", text(field.description));
    if (field.fallback) schema.add("default", fullDefault(field));
    addForm(schema, field, level);
    return schema;
  }

  static void addLength(Tree& schema, const FieldSchema& field) {
    schema.add("type", text("string"));
    if (field.length.least > 0) schema.add("minLength", number(field.length.least));
    schema.add("maxLength", number(field.length.most));
    addPattern(schema, field);
  }

  static void addPattern(Tree& schema, const FieldSchema& field) {
    if (!field.form->pattern.empty()) schema.add("pattern", text(field.form->pattern));
  }

  static void addValue(Tree& schema, const FieldSchema& field, std::string_view type) {
    schema.add("type", text(type));
    schema.add("minimum", number(field.value.least));
    schema.add("maximum", number(field.value.most));
  }

  static void addQuantity(Tree& schema, const FieldSchema& field) {
    Tree types = Tree::list();
    for (const std::string_view type : {"integer", "string"})
      types.items.emplace_back(Tree::map()).add("type", text(type));
    schema.add("anyOf", std::move(types));
    schema.add("x-kubernetes-int-or-string", Tree::boolean(true));
    schema.add("minimum", number(0));
    schema.add("maxLength", number(field.length.most));
    addPattern(schema, field);
  }

  static void addTime(Tree& schema, const FieldSchema& field, int level) {
    addLength(schema, field);
    if (level > 0) return;
    const std::string least = workflow::formatDuration(field.time.least);
    const std::string most = workflow::formatDuration(field.time.most);
    std::string cel = "duration(self) <= duration('" + most + "')";
    if (field.time.least.count() > 0) cel = "duration(self) >= duration('" + least + "') && " + cel;
    schema.add("x-kubernetes-validations", Tree::list())
        .items.push_back(rule(cel, "must be from " + least + " to " + most));
  }

  static void addCount(Tree& schema, const FieldSchema& field) {
    if (field.count.least > 0) schema.add("minItems", number(field.count.least));
    schema.add("maxItems", number(field.count.most));
  }

  void addMaps(Tree& schema, const FieldSchema& field, int level) const {
    schema.add("type", text("array"));
    addCount(schema, field);
    if (field.key.empty()) {
      schema.add("x-kubernetes-list-type", text("atomic"));
    } else {
      schema.add("x-kubernetes-list-type", text("map"));
      schema.add("x-kubernetes-list-map-keys", texts({field.key}));
    }
    const MapSchema& map = field.map();
    if (&map != &workflow::stepSchema()) {
      schema.add("items", object(map, level));
    } else if (inSteps_ == kSpelledLevels + 1) {
      schema.add("items", keptStep());
    } else {
      schema.add("items", Writer(inSteps_ + 1).object(map, inSteps_));
    }
  }

  // A step too deep to be spelled out: its name, and whatever it has.
  static Tree keptStep() {
    Tree step = Tree::map();
    step.add("type", text("object"));
    const FieldSchema& name = *workflow::stepSchema().find("name");
    step.add("properties", Tree::map()).add("name", Writer(0).described(name, 1));
    step.add("required", texts({"name"}));
    step.add("x-kubernetes-preserve-unknown-fields", Tree::boolean(true));
    return step;
  }

  void addEntries(Tree& schema, const FieldSchema& field) const {
    schema.add("type", text("object"));
    schema.add("maxProperties", number(field.count.most));
    Tree& value = schema.add("additionalProperties", Tree::map());
    if (field.kind == FieldKind::kQuantityMap) {
      addQuantity(value, field);
    } else {
      addLength(value, field);
    }
  }

  // No type at all: a boolean or a text, a list or a text.
  static void addUntyped(Tree& schema, const FieldSchema& field) {
    schema.add("x-kubernetes-preserve-unknown-fields", Tree::boolean(true));
    if (field.kind == FieldKind::kJson) {
      schema.add("nullable", Tree::boolean(true));
      return;
    }
    schema.add("maxLength", number(field.length.most));
    addPattern(schema, field);
    if (field.kind == FieldKind::kItems) addCount(schema, field);
  }

  void addForm(Tree& schema, const FieldSchema& field, int level) const {
    switch (field.kind) {
      case FieldKind::kText:
      case FieldKind::kWait:
        return addLength(schema, field);
      case FieldKind::kInteger:
        schema.add("format", text("int64"));
        return addValue(schema, field, "integer");
      case FieldKind::kNumber:
        return addValue(schema, field, "number");
      case FieldKind::kBool:
        schema.add("type", text("boolean"));
        return;
      case FieldKind::kDuration:
        return addTime(schema, field, level);
      case FieldKind::kChoice:
        schema.add("type", text("string"));
        schema.add("enum", texts(field.choices));
        return;
      case FieldKind::kQuantity:
        return addQuantity(schema, field);
      case FieldKind::kCondition:
      case FieldKind::kItems:
      case FieldKind::kJson:
        return addUntyped(schema, field);
      case FieldKind::kTexts:
        schema.add("type", text("array"));
        addCount(schema, field);
        schema.add("x-kubernetes-list-type", text("atomic"));
        return addLength(schema.add("items", Tree::map()), field);
      case FieldKind::kTextMap:
      case FieldKind::kQuantityMap:
        return addEntries(schema, field);
      case FieldKind::kMap: {
        Tree inner = object(field.map(), level);
        for (tree::TreeMember& member : inner.members)
          schema.add(std::move(member.key), std::move(member.value));
        return;
      }
      case FieldKind::kMaps:
        return addMaps(schema, field, level);
    }
  }

 public:
  explicit Writer(int inSteps) : inSteps_(inSteps) {}

 private:
  int inSteps_;  // how many lists of steps are around
};

}  // namespace

Tree structuralSchema(const MapSchema& map) { return Writer(0).object(map, 0); }

}  // namespace faasbatch::crds
