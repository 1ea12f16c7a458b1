// Values with their kinds as JSON, between the test programs of this folder. Every value is an object of one
// member, its name the kind: {"null": null}, {"bool": true}, {"int": "1"}, {"uint": "1"}, {"double": "1.5"},
// {"string": "x"},
// {"bytes": "hex"}, {"list": [...]}, {"map": [[key, value], ...]}, {"duration": "nanoseconds"},
// {"timestamp": ["seconds", "nanoseconds"]}, {"type": "int"}.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "lib/cel/value.h"

namespace faasbatch::cel {

// Throws what nlohmann/json throws, or std::invalid_argument, if the JSON is not so.
Value fromTypedJson(const nlohmann::json& json);

nlohmann::json toTypedJson(const Value& value);

}  // namespace faasbatch::cel
