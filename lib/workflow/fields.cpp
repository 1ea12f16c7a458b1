#include "lib/workflow/fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "lib/json/quote_name.h"
#include "lib/workflow/duration.h"
#include "lib/workflow/names.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {
namespace {

// "a string", for the kind a field must have.
std::string_view kindName(Tree::Kind kind) {
  Tree tree;
  tree.kind = kind;
  return tree.kindName();
}

// What was given, for "not ...": scalars by their value, others by their type.
std::string given(const Tree& tree) {
  if (tree.isString()) return json::quoteName(tree.text);
  if (tree.kind == Tree::Kind::kNumber) return tree.text.substr(0, json::kMaxQuotedBytes);
  if (tree.kind == Tree::Kind::kBool) return tree.flag ? "true" : "false";
  return std::string(tree.kindName());
}

std::string join(std::span<const std::string_view> names, std::string_view between) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += between;
    text += name;
  }
  return text;
}

std::string shortNumber(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

Fields::Fields(const Tree& tree, std::string path, Faults& faults,
               std::initializer_list<std::string_view> known)
    : tree_(tree), path_(std::move(path)), faults_(faults) {
  if (!tree.isMap()) {
    faults_.add(path_, "must be a map, not " + given(tree));
    return;
  }
  for (const tree::TreeMember& member : tree.members) {
    if (std::ranges::find(known, member.key) != known.end()) continue;
    faults_.add(at(member.key),
                faults_.full() ? "" : unknownName("field", member.key, {known.begin(), known.size()}));
  }
}

std::string Fields::at(std::string_view key) const { return memberPath(path_, key); }

const Tree* Fields::present(std::string_view key) const {
  const Tree* tree = tree_.find(key);
  return tree != nullptr && tree->isNull() ? nullptr : tree;
}

bool Fields::has(std::string_view key) const { return present(key) != nullptr; }

const Tree* Fields::typed(std::string_view key, Tree::Kind kind) const {
  const Tree* tree = present(key);
  if (tree == nullptr || tree->kind == kind) return tree;
  fault(key, "must be " + std::string(kindName(kind)) + ", not " + given(*tree));
  return nullptr;
}

std::optional<std::string> Fields::text(std::string_view key) const {
  const Tree* tree = typed(key, Tree::Kind::kString);
  if (tree == nullptr) return std::nullopt;
  if (tree->text.empty()) {
    fault(key, "must not be empty");
    return std::nullopt;
  }
  if (tree->text.contains('\0')) {
    fault(key, "must not hold a NUL character");
    return std::nullopt;
  }
  return tree->text;
}

std::optional<std::string> Fields::requiredText(std::string_view key) const {
  if (tree_.isMap() && !has(key)) fault(key, "is required");
  return text(key);
}

std::optional<std::int64_t> Fields::integer(std::string_view key, std::int64_t least,
                                            std::int64_t most) const {
  const Tree* tree = present(key);
  if (tree == nullptr) return std::nullopt;
  const std::string& text = tree->text;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = tree->kind == Tree::Kind::kNumber && end == text.data() + text.size();
  if (whole && error == std::errc() && value >= least && value <= most) return value;
  fault(key, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                 ", not " + given(*tree));
  return std::nullopt;
}

std::optional<double> Fields::number(std::string_view key, double least, double most) const {
  const Tree* tree = present(key);
  if (tree == nullptr) return std::nullopt;
  double value = 0;
  const std::string& text = tree->text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool read =
      tree->kind == Tree::Kind::kNumber && error == std::errc() && end == text.data() + text.size();
  if (read && std::isfinite(value) && value >= least && value <= most) return value;
  fault(key,
        "must be a number from " + shortNumber(least) + " to " + shortNumber(most) + ", not " + given(*tree));
  return std::nullopt;
}

std::optional<base::Duration> Fields::duration(std::string_view key, DurationBounds bounds) const {
  const Tree* tree = present(key);
  if (tree == nullptr) return std::nullopt;
  const auto value = tree->isString() ? parseDuration(tree->text) : std::nullopt;
  if (!value) {
    fault(key, "must be a duration such as \"30s\", \"50ms\" or \"1m30s\", not " + given(*tree));
    return std::nullopt;
  }
  if (*value >= bounds.least && *value <= bounds.most) return value;
  fault(key, "must be from " + formatDuration(bounds.least) + " to " + formatDuration(bounds.most) +
                 ", not " + given(*tree));
  return std::nullopt;
}

std::optional<std::size_t> Fields::choice(std::string_view key,
                                          std::span<const std::string_view> names) const {
  const Tree* tree = present(key);
  if (tree == nullptr) return std::nullopt;
  if (tree->isString()) {
    const auto found = std::ranges::find(names, tree->text);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  }
  std::string message = "must be one of " + join(names, ", ") + ", not " + given(*tree);
  if (const auto meant = tree->isString() ? nearest(tree->text, names) : std::nullopt) {
    message += ", did you mean " + json::quoteName(*meant) + "?";
  }
  fault(key, std::move(message));
  return std::nullopt;
}

std::vector<std::string> Fields::texts(std::string_view key,
                                       const std::function<std::string(const std::string&)>& check) const {
  std::vector<std::string> values;
  const Tree* tree = list(key);
  if (tree == nullptr) return values;
  for (std::size_t i = 0; i < tree->items.size(); ++i) {
    const Tree& item = tree->items[i];
    const std::string message = item.isString() ? check(item.text) : "must be a string, not " + given(item);
    if (message.empty()) {
      values.push_back(item.text);
    } else {
      faults_.add(itemPath(at(key), i), message);
    }
  }
  return values;
}

std::optional<std::string_view> Fields::exactlyOne(std::string_view what,
                                                   std::initializer_list<std::string_view> keys) const {
  std::vector<std::string_view> found;
  std::ranges::copy_if(keys, std::back_inserter(found), [&](std::string_view key) { return has(key); });
  if (found.size() == 1) return found.front();
  if (!tree_.isMap()) return std::nullopt;
  std::string message(what);
  message += " needs exactly one of " + join({keys.begin(), keys.size()}, ", ");
  message += found.empty() ? ", and has none" : ", and has " + join(found, " and ");
  faults_.add(path_, std::move(message));
  return std::nullopt;
}

}  // namespace faasbatch::workflow
