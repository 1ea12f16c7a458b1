// status.sources of a FunctionWorkflow: what its functions' ConfigMaps held when it was accepted. Written by
// the operator; the agents serve exactly that.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace faasbatch::cluster {

inline constexpr std::size_t kMaxSources = 100;

struct SourceDigest {
  std::string name;  // of the ConfigMap
  std::string key;
  std::string sha256;  // of the text, hex
  friend bool operator==(const SourceDigest&, const SourceDigest&) = default;
};

// Out of the object's status, given as JSON text; absent: none. Kind "InvalidSources", with the path.
base::Result<std::vector<SourceDigest>> readSources(std::string_view status);
// The member `sources` of the status, as JSON text.
std::string sourcesJson(const std::vector<SourceDigest>& sources);

}  // namespace faasbatch::cluster
