// What was found where a spec refers to ConfigMaps and Secrets.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operator/controllers/functionworkflow/analysis.h"

namespace faasbatch::controllers {

struct Found {
  enum class State : std::uint8_t {
    kThere,
    kNoObject,    // SourceNotFound
    kNoKey,       // likewise
    kUnreadable,  // SourceUnreadable
  };
  State state = State::kThere;
  std::string sha256;  // of code
  std::string why;     // kUnreadable
};

// The text under `key` in a ConfigMap's `data`, as its digest.
Found foundIn(std::string_view configMap, std::string_view key);

// `spec.functions[0].source.configMap: there is no ConfigMap "code"`, for people.
std::string describe(const Reference& reference, const Found& found);

}  // namespace faasbatch::controllers
