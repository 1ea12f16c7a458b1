// Everything a schema says of a map and of what is inside it.
#include "lib/json/quote_name.h"
#include "lib/workflow/fields.h"
#include "lib/workflow/names.h"

namespace faasbatch::workflow {

void Fields::check() const {
  for (const FieldSchema& field : schema_.fields) checkField(field);
  if (schema_.exactlyOne) static_cast<void>(exactlyOne());
}

void Fields::checkField(const FieldSchema& field) const {
  switch (field.kind) {
    case FieldKind::kText:
      static_cast<void>(text(field.name));
      return;
    case FieldKind::kInteger:
      static_cast<void>(integer(field.name));
      return;
    case FieldKind::kNumber:
      static_cast<void>(number(field.name));
      return;
    case FieldKind::kBool:
      static_cast<void>(typed(field.name, Tree::Kind::kBool));
      return;
    case FieldKind::kDuration:
      static_cast<void>(duration(field.name));
      return;
    case FieldKind::kChoice:
      static_cast<void>(choice(field.name));
      return;
    case FieldKind::kTexts:
      static_cast<void>(texts(field.name));
      return;
    case FieldKind::kQuantity:
      if (const Tree* tree = present(field.name)) checkQuantity(field, *tree, at(field.name));
      return;
    case FieldKind::kTextMap:
    case FieldKind::kQuantityMap:
      checkEntries(field);
      return;
    case FieldKind::kMap:
      if (const auto inner = map(field.name)) inner->check();
      return;
    case FieldKind::kMaps:
      for (const Fields& item : maps(field.name)) item.check();
      return;
    case FieldKind::kCondition:
    case FieldKind::kWait:
    case FieldKind::kItems:
    case FieldKind::kJson:
      return;  // may hold expressions: whoever knows their scope reads them
  }
}

void Fields::checkEntries(const FieldSchema& field) const {
  const Tree* tree = counted(field.name, Tree::Kind::kMap);
  if (tree == nullptr) return;
  for (const tree::TreeMember& member : tree->members) {
    const std::string path = memberPath(at(field.name), member.key);
    if (std::string message = field.keyForm->check(member.key); !message.empty()) {
      faults_.add(path, std::move(message));
    } else if (field.kind == FieldKind::kQuantityMap) {
      checkQuantity(field, member.value, path);
    } else if (!member.value.isString()) {
      faults_.add(path,
                  "must be a string, not " + std::string(member.value.kindName()) + ": put it in quotes");
    } else if (std::string wrong = checkText(field, member.value.text); !wrong.empty()) {
      faults_.add(path, std::move(wrong));
    }
  }
}

void Fields::checkQuantity(const FieldSchema& field, const Tree& tree, const std::string& path) const {
  if (tree.isString()) {
    if (std::string message = checkText(field, tree.text); !message.empty())
      faults_.add(path, std::move(message));
    return;
  }
  const bool whole =
      tree.kind == Tree::Kind::kNumber && tree.text.find_first_not_of("0123456789") == std::string::npos;
  if (whole) return;
  const bool fraction = tree.kind == Tree::Kind::kNumber;
  faults_.add(path, "must be a whole number or a quantity such as \"500m\" or \"256Mi\", not " +
                        (fraction ? tree.text.substr(0, json::kMaxQuotedBytes) + ": put it in quotes"
                                  : std::string(tree.kindName())));
}

}  // namespace faasbatch::workflow
