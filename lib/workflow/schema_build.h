// Short ways to write down the tables of schema.h, and the tables that one file has for another.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/json/write.h"
#include "lib/workflow/duration.h"
#include "lib/workflow/schema.h"

namespace faasbatch::workflow {

// Bounds that many fields share.
inline constexpr std::int64_t kMaxTextCharacters =
    1 << 20;  // code, messages, expressions: the object's own bound
inline constexpr std::int64_t kMaxUrlCharacters = 8192;
inline constexpr std::int64_t kMaxPathCharacters = 4096;
inline constexpr std::int64_t kMaxWordCharacters = 253;  // names of other things
inline constexpr std::int64_t kMaxDurationCharacters = 64;
inline constexpr std::int64_t kMaxQuantityCharacters = 64;
inline constexpr std::int64_t kMaxErrorTypes = 64;

using MapGetter = const MapSchema& (*)();

inline FieldSchema text(std::string_view name, std::int64_t most, const TextForm& form,
                        std::string description) {
  return {.name = name,
          .kind = FieldKind::kText,
          .description = std::move(description),
          .length = {1, most},
          .form = &form};
}
inline FieldSchema integer(std::string_view name, Bounds value, std::string description) {
  return {.name = name, .kind = FieldKind::kInteger, .description = std::move(description), .value = value};
}
inline FieldSchema number(std::string_view name, Bounds value, std::string description) {
  return {.name = name, .kind = FieldKind::kNumber, .description = std::move(description), .value = value};
}
inline FieldSchema flag(std::string_view name, std::string description) {
  return {.name = name, .kind = FieldKind::kBool, .description = std::move(description)};
}
inline FieldSchema duration(std::string_view name, DurationBounds time, std::string description) {
  return {.name = name,
          .kind = FieldKind::kDuration,
          .description = std::move(description),
          .length = {1, kMaxDurationCharacters},
          .time = time,
          .form = &kDurationForm};
}
inline FieldSchema choice(std::string_view name, std::vector<std::string_view> choices,
                          std::string description) {
  return {.name = name,
          .kind = FieldKind::kChoice,
          .description = std::move(description),
          .choices = std::move(choices)};
}
// kCondition, kItems, kWait: `${...}` or something else.
inline FieldSchema expression(std::string_view name, FieldKind kind, std::string description) {
  return {.name = name,
          .kind = kind,
          .description = std::move(description),
          .length = {1, kMaxTextCharacters},
          .form = &kExpressionForm};
}
inline FieldSchema anything(std::string_view name, std::string description) {
  return {.name = name, .kind = FieldKind::kJson, .description = std::move(description)};
}
inline FieldSchema texts(std::string_view name, std::string_view item, Bounds count, std::int64_t most,
                         const TextForm& form, std::string description) {
  return {.name = name,
          .kind = FieldKind::kTexts,
          .description = std::move(description),
          .length = {1, most},
          .count = count,
          .item = item,
          .form = &form};
}
// Beside a field `on`: YAML 1.1, which kubectl and Helm read, takes an unquoted `on:` for the key true.
inline FieldSchema onReadAsTrue(Bounds count) {
  return texts("true", "error type", count, kMaxWordCharacters, kErrorTypeForm,
               "Means on: it is what kubectl makes of an unquoted on: (YAML 1.1). Goes before on.");
}

inline FieldSchema map(std::string_view name, MapGetter schema, std::string description) {
  return {.name = name, .kind = FieldKind::kMap, .description = std::move(description), .map = schema};
}
inline FieldSchema maps(std::string_view name, std::string_view item, Bounds count, MapGetter schema,
                        std::string_view key, std::string description) {
  return {.name = name,
          .kind = FieldKind::kMaps,
          .description = std::move(description),
          .count = count,
          .item = item,
          .map = schema,
          .key = key};
}

inline FieldSchema required(FieldSchema field) {
  field.required = true;
  return field;
}
// The default: as JSON text, as a word, as a number, as a time.
inline FieldSchema fallback(FieldSchema field, std::string json) {
  field.fallback = std::move(json);
  return field;
}
inline FieldSchema fallbackWord(FieldSchema field, std::string_view word) {
  return fallback(std::move(field), json::quoted(word));
}
inline FieldSchema fallbackTime(FieldSchema field, base::Duration time) {
  return fallbackWord(std::move(field), formatDuration(time));
}
template <class Number>
FieldSchema fallbackNumber(FieldSchema field, Number value) {
  return fallback(std::move(field), std::to_string(value));
}

// schema_function.cpp
const MapSchema& functionSchema();
// schema_code.cpp
const MapSchema& sourceSchema();
const MapSchema& bindingSchema();
// schema_pod.cpp: as in a pod
const MapSchema& envSchema();
const MapSchema& envFromSchema();
const MapSchema& resourcesSchema();
const MapSchema& tolerationSchema();
// schema_retry.cpp
const MapSchema& retrySchema();

}  // namespace faasbatch::workflow
