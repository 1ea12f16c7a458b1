// Strict reading of a map of the manifest by its schema: unknown fields, wrong types and values out of bounds
// become faults.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "lib/tree/tree.h"
#include "lib/workflow/faults.h"
#include "lib/workflow/schema.h"

namespace faasbatch::workflow {

using tree::Tree;

// Reads one map. Every getter takes a field that the schema has, answers nothing where it is absent or null
// (and a fault where the schema requires it), and nothing plus a fault where it is wrong. Keeps references to
// all it is given.
class Fields {
 public:
  // A tree that is no map is a fault, and every field is absent; a member that the schema does not have is a
  // fault.
  Fields(const Tree& tree, std::string path, Faults& faults, const MapSchema& schema);

  const std::string& path() const { return path_; }
  std::string at(std::string_view key) const;

  // The value as it is, null included.
  const Tree* raw(std::string_view key) const { return tree_.find(key); }
  bool has(std::string_view key) const;
  bool isMap() const { return tree_.isMap(); }

  // A text of the wrong form is a fault and is answered all the same: what refers to it is not wrong as well.
  std::optional<std::string> text(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;
  std::optional<base::Duration> duration(std::string_view key) const;
  // The index of the value among the field's choices.
  std::optional<std::size_t> choice(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::optional<Fields> map(std::string_view key) const;
  // kMaps: the items. Two of one key are a fault.
  std::vector<Fields> maps(std::string_view key) const;
  // A list as it stands, its number of items checked, not what is in them.
  const Tree* list(std::string_view key) const { return counted(key, Tree::Kind::kList); }
  // Not even that.
  const Tree* listTree(std::string_view key) const { return typed(key, Tree::Kind::kList); }
  const Tree* mapTree(std::string_view key) const { return typed(key, Tree::Kind::kMap); }

  // Which member of the schema's union is there. Unless it is exactly one, a fault at the map's own path: "a
  // step needs exactly one of a, b".
  std::optional<std::string_view> exactlyOne() const;

  // Everything that the schema says of this map, or of one member, and of all inside it: for what is kept as
  // it came.
  void check() const;
  void checkMember(std::string_view key) const { checkField(field(key)); }

  void fault(std::string_view key, std::string message) const { faults_.add(at(key), std::move(message)); }

 private:
  const FieldSchema& field(std::string_view key) const { return *schema_.find(key); }
  const Tree* present(std::string_view key) const;
  const Tree* typed(std::string_view key, Tree::Kind kind) const;
  const Tree* counted(std::string_view key, Tree::Kind kind) const;
  void checkField(const FieldSchema& field) const;
  void checkEntries(const FieldSchema& field) const;
  void checkQuantity(const FieldSchema& field, const Tree& tree, const std::string& path) const;

  const Tree& tree_;
  std::string path_;
  Faults& faults_;
  const MapSchema& schema_;
};

// What is wrong with the length or the form of a text of that field; "" where nothing is.
std::string checkText(const FieldSchema& field, std::string_view text);

// Takes the field's value if there is one.
template <class T, class V>
void take(T& target, const std::optional<V>& value) {
  if (value) target = static_cast<T>(*value);
}

}  // namespace faasbatch::workflow
