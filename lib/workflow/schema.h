// The form of a FunctionWorkflow as data: which fields there are, what each may hold, its default, and what
// it means. The reader (fields.h), the defaults (defaults.h) and the CustomResourceDefinition (crds/) are
// made of these tables, so that they cannot disagree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "lib/workflow/text_form.h"

namespace faasbatch::workflow {

enum class FieldKind : std::uint8_t {
  kText,
  kInteger,
  kNumber,
  kBool,
  kDuration,     // a text as duration.h reads it
  kChoice,       // one of some names
  kCondition,    // true, false or one expression
  kWait,         // a duration or one expression
  kItems,        // a list of anything or one expression
  kJson,         // anything, null included; strings may hold expressions
  kTexts,        // a list of texts
  kTextMap,      // any keys, each with a text
  kQuantity,     // a whole number or a text of kQuantityForm
  kQuantityMap,  // any keys, each with a kQuantity
  kMap,
  kMaps  // a list of maps
};

// Inclusive.
struct Bounds {
  std::int64_t least = 0;
  std::int64_t most = 0;
};
struct DurationBounds {
  base::Duration least{0};
  base::Duration most = std::chrono::hours(24 * 365);
};

struct MapSchema;

struct FieldSchema {
  std::string_view name;
  FieldKind kind = FieldKind::kText;
  std::string description;  // for people: what it means, its default where that is not fixed
  bool required = false;
  std::optional<std::string> fallback;    // the default, as JSON text
  Bounds length{.least = 1};              // characters of a text, or of each text of a list or map
  Bounds value;                           // kInteger, kNumber
  Bounds count;                           // of items or members
  std::string_view item = "item";         // what one of them is called
  DurationBounds time;                    // kDuration, kWait
  std::vector<std::string_view> choices;  // kChoice
  const TextForm* form = &kAnyText;       // kText, kTexts, kTextMap: of each text
  const TextForm* keyForm = &kAnyText;    // kTextMap, kQuantityMap
  const MapSchema& (*map)() = nullptr;    // kMap, kMaps
  std::string_view key;                   // kMaps: the required member that no two items share; empty: none
};

// Exactly one of `keys` stands in the map ("a step needs exactly one of ...").
struct Union {
  std::string_view what;
  std::vector<std::string_view> keys;
};

// A rule between fields, as a CEL expression for the API server; the reader has it as code, with this message
// or one that begins with it.
struct Rule {
  std::string_view cel;
  std::string_view message;
  std::string_view field;  // that the message belongs to; empty: the map itself
};

struct MapSchema {
  std::vector<FieldSchema> fields;
  std::optional<Union> exactlyOne;
  std::vector<Rule> rules;

  const FieldSchema* find(std::string_view name) const;
};

// The whole object without its status; everything else is reached from it. Made once, never changed; any
// thread.
const MapSchema& objectSchema();

// Of a nested list's steps too: schemas recurse.
const MapSchema& stepSchema();

}  // namespace faasbatch::workflow
