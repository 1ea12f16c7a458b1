// Strict reading of a map of the manifest: unknown fields, wrong types and values out of bounds become
// faults.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "lib/tree/tree.h"
#include "lib/workflow/faults.h"

namespace faasbatch::workflow {

using tree::Tree;

struct DurationBounds {
  base::Duration least{0};
  base::Duration most = std::chrono::hours(24 * 365);
};

// Reads one map. Every getter answers nothing where the field is absent or null, and nothing plus a fault
// where it is wrong. Keeps references to all it is given.
class Fields {
 public:
  // A tree that is no map is a fault, and every field is absent; a member whose key is not in `known` is a
  // fault.
  Fields(const Tree& tree, std::string path, Faults& faults, std::initializer_list<std::string_view> known);

  const std::string& path() const { return path_; }
  std::string at(std::string_view key) const;

  // The value as it is, null included.
  const Tree* raw(std::string_view key) const { return tree_.find(key); }
  bool has(std::string_view key) const;

  const Tree* list(std::string_view key) const { return typed(key, Tree::Kind::kList); }
  const Tree* map(std::string_view key) const { return typed(key, Tree::Kind::kMap); }
  std::optional<std::string> text(std::string_view key) const;  // not empty, without NUL
  std::optional<std::string> requiredText(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most) const;
  std::optional<double> number(std::string_view key, double least, double most) const;
  std::optional<base::Duration> duration(std::string_view key, DurationBounds bounds = {}) const;
  // The index of the value among `names`.
  std::optional<std::size_t> choice(std::string_view key, std::span<const std::string_view> names) const;
  // A list of strings, each accepted by `check`, which answers the message for a wrong one.
  std::vector<std::string> texts(std::string_view key,
                                 const std::function<std::string(const std::string&)>& check) const;

  // Which of `keys` are there. Unless it is exactly one, a fault at the map's own path: `what` "exactly one
  // of a, b".
  std::optional<std::string_view> exactlyOne(std::string_view what,
                                             std::initializer_list<std::string_view> keys) const;

  void fault(std::string_view key, std::string message) const { faults_.add(at(key), std::move(message)); }

 private:
  const Tree* present(std::string_view key) const;
  const Tree* typed(std::string_view key, Tree::Kind kind) const;

  const Tree& tree_;
  std::string path_;
  Faults& faults_;
};

// Takes the field's value if there is one.
template <class T, class V>
void take(T& target, const std::optional<V>& value) {
  if (value) target = static_cast<T>(*value);
}

}  // namespace faasbatch::workflow
