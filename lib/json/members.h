// A look at the top level of a JSON object without parsing what lies inside it: values stay raw slices.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace faasbatch::json {

struct Member {
  std::string key;         // unescaped
  std::string_view value;  // raw JSON text inside the scanned text, without surrounding white space
};

// The members of the object `text`, in order, duplicates included. Values are skipped by bracket and quote
// counting only: give it checked text, or check() a value before use. Never reads outside `text`. Kind
// "InvalidJson".
base::Result<std::vector<Member>> members(std::string_view text);

// The raw value of the last member called `key`, if any.
std::optional<std::string_view> find(const std::vector<Member>& members, std::string_view key);

// The elements of the array `text` as raw slices; the same rules as members().
base::Result<std::vector<std::string_view>> elements(std::string_view text);

// Scalars out of raw values: nothing where the value is of another type or out of range.
std::optional<std::string> asString(std::string_view raw);
std::optional<std::int64_t> asInt(std::string_view raw);
std::optional<double> asDouble(std::string_view raw);
std::optional<bool> asBool(std::string_view raw);

}  // namespace faasbatch::json
