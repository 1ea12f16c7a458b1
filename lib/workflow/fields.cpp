#include "lib/workflow/fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

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

// As the API server counts them: code points.
std::int64_t characters(std::string_view text) {
  return std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

// What is wrong with a text whatever its form; "" where nothing is.
std::string checkLength(const FieldSchema& field, std::string_view text) {
  if (text.empty() && field.length.least > 0) return "must not be empty";
  if (text.contains('\0')) return "must not hold a NUL character";
  const std::int64_t length = characters(text);
  if (length <= field.length.most) return {};
  return "must be at most " + std::to_string(field.length.most) + " characters, not " +
         std::to_string(length);
}

std::optional<std::int64_t> wholeNumber(const Tree& tree) {
  const std::string& text = tree.text;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = tree.kind == Tree::Kind::kNumber && end == text.data() + text.size();
  return whole && error == std::errc() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string checkText(const FieldSchema& field, std::string_view text) {
  std::string message = checkLength(field, text);
  return message.empty() ? field.form->check(text) : message;
}

Fields::Fields(const Tree& tree, std::string path, Faults& faults, const MapSchema& schema)
    : tree_(tree), path_(std::move(path)), faults_(faults), schema_(schema) {
  if (!tree.isMap()) {
    faults_.add(path_, "must be a map, not " + given(tree));
    return;
  }
  std::vector<std::string_view> known;
  for (const tree::TreeMember& member : tree.members) {
    if (schema.find(member.key) != nullptr) continue;
    if (known.empty()) {
      for (const FieldSchema& field : schema.fields) known.push_back(field.name);
    }
    faults_.add(at(member.key), faults_.full() ? "" : unknownName("field", member.key, known));
  }
}

std::string Fields::at(std::string_view key) const { return memberPath(path_, key); }

bool Fields::has(std::string_view key) const {
  const Tree* tree = tree_.find(key);
  return tree != nullptr && !tree->isNull();
}

const Tree* Fields::present(std::string_view key) const {
  if (has(key)) return tree_.find(key);
  if (tree_.isMap() && field(key).required) fault(key, "is required");
  return nullptr;
}

const Tree* Fields::typed(std::string_view key, Tree::Kind kind) const {
  const Tree* tree = present(key);
  if (tree == nullptr || tree->kind == kind) return tree;
  fault(key, "must be " + std::string(kindName(kind)) + ", not " + given(*tree));
  return nullptr;
}

const Tree* Fields::counted(std::string_view key, Tree::Kind kind) const {
  const Tree* tree = typed(key, kind);
  if (tree == nullptr) return nullptr;
  const FieldSchema& schema = field(key);
  const auto count = static_cast<std::int64_t>(std::max(tree->items.size(), tree->members.size()));
  const std::string item(schema.item);
  if (count < schema.count.least) fault(key, "must hold at least one " + item);
  if (count > schema.count.most) {
    fault(key, "must hold at most " + std::to_string(schema.count.most) + " " + item + "s, not " +
                   std::to_string(count));
  }
  return tree;
}

std::optional<std::string> Fields::text(std::string_view key) const {
  const Tree* tree = typed(key, Tree::Kind::kString);
  if (tree == nullptr) return std::nullopt;
  if (std::string message = checkLength(field(key), tree->text); !message.empty()) {
    fault(key, std::move(message));
    return std::nullopt;
  }
  if (std::string message = field(key).form->check(tree->text); !message.empty())
    fault(key, std::move(message));
  return tree->text;
}

std::optional<std::int64_t> Fields::integer(std::string_view key) const {
  const Tree* tree = present(key);
  if (tree == nullptr) return std::nullopt;
  const auto [least, most] = field(key).value;
  const auto value = wholeNumber(*tree);
  if (value && *value >= least && *value <= most) return value;
  fault(key, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                 ", not " + given(*tree));
  return std::nullopt;
}

std::optional<double> Fields::number(std::string_view key) const {
  const Tree* tree = present(key);
  if (tree == nullptr) return std::nullopt;
  const auto [least, most] = field(key).value;
  double value = 0;
  const std::string& text = tree->text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool read =
      tree->kind == Tree::Kind::kNumber && error == std::errc() && end == text.data() + text.size();
  const bool within = value >= static_cast<double>(least) && value <= static_cast<double>(most);
  if (read && std::isfinite(value) && within) return value;
  fault(key, "must be a number from " + std::to_string(least) + " to " + std::to_string(most) + ", not " +
                 given(*tree));
  return std::nullopt;
}

std::optional<base::Duration> Fields::duration(std::string_view key) const {
  const Tree* tree = present(key);
  if (tree == nullptr) return std::nullopt;
  const auto value = tree->isString() ? parseDuration(tree->text) : std::nullopt;
  if (!value) {
    fault(key, "must be a duration such as \"30s\", \"50ms\" or \"1m30s\", not " + given(*tree));
    return std::nullopt;
  }
  if (std::string message = checkLength(field(key), tree->text); !message.empty()) {
    fault(key, std::move(message));
    return std::nullopt;
  }
  const DurationBounds& bounds = field(key).time;
  if (*value >= bounds.least && *value <= bounds.most) return value;
  fault(key, "must be from " + formatDuration(bounds.least) + " to " + formatDuration(bounds.most) +
                 ", not " + given(*tree));
  return std::nullopt;
}

std::optional<std::size_t> Fields::choice(std::string_view key) const {
  const Tree* tree = present(key);
  if (tree == nullptr) return std::nullopt;
  const std::vector<std::string_view>& names = field(key).choices;
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

std::vector<std::string> Fields::texts(std::string_view key) const {
  std::vector<std::string> values;
  const Tree* tree = list(key);
  if (tree == nullptr) return values;
  for (std::size_t i = 0; i < tree->items.size(); ++i) {
    const Tree& item = tree->items[i];
    const std::string message =
        item.isString() ? checkText(field(key), item.text) : "must be a string, not " + given(item);
    if (message.empty()) {
      values.push_back(item.text);
    } else {
      faults_.add(itemPath(at(key), i), message);
    }
  }
  return values;
}

std::optional<Fields> Fields::map(std::string_view key) const {
  const Tree* tree = typed(key, Tree::Kind::kMap);
  if (tree == nullptr) return std::nullopt;
  return Fields(*tree, at(key), faults_, field(key).map());
}

std::vector<Fields> Fields::maps(std::string_view key) const {
  std::vector<Fields> items;
  const Tree* tree = list(key);
  if (tree == nullptr) return items;
  const std::string_view name = field(key).key;
  std::vector<std::string_view> seen;
  items.reserve(tree->items.size());
  for (std::size_t i = 0; i < tree->items.size(); ++i) {
    const Fields& item = items.emplace_back(tree->items[i], itemPath(at(key), i), faults_, field(key).map());
    const Tree* own = name.empty() ? nullptr : tree->items[i].find(name);
    if (own == nullptr || !own->isString()) continue;
    if (std::ranges::find(seen, own->text) != seen.end())
      item.fault(name, json::quoteName(own->text) + " is given twice");
    seen.push_back(own->text);
  }
  return items;
}

std::optional<std::string_view> Fields::exactlyOne() const {
  const Union& members = *schema_.exactlyOne;
  std::vector<std::string_view> found;
  std::ranges::copy_if(members.keys, std::back_inserter(found),
                       [&](std::string_view key) { return has(key); });
  if (found.size() == 1) return found.front();
  if (!tree_.isMap()) return std::nullopt;
  std::string message(members.what);
  message += " needs exactly one of " + join(members.keys, ", ");
  message += found.empty() ? ", and has none" : ", and has " + join(found, " and ");
  faults_.add(path_, std::move(message));
  return std::nullopt;
}

}  // namespace faasbatch::workflow
