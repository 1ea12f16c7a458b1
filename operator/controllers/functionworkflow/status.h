// The status of a FunctionWorkflow, as the operator writes it (crds/status_schema.cpp describes the fields).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cluster/placement.h"
#include "lib/cluster/sources.h"

namespace faasbatch::controllers {

inline constexpr std::string_view kAccepted = "Accepted";
inline constexpr std::string_view kPlaced = "Placed";
inline constexpr std::string_view kReady = "Ready";

inline constexpr std::size_t kMaxConditionMessage = 32'768;  // bytes; what is longer is cut

struct Condition {
  std::string type;
  std::string status;  // True, False, Unknown
  std::string reason;
  std::string message;
  std::int64_t observedGeneration = 0;
  std::string lastTransitionTime;  // RFC 3339
  friend bool operator==(const Condition&, const Condition&) = default;
};

struct Status {
  std::int64_t observedGeneration = 0;
  std::vector<Condition> conditions;
  std::string reason;
  std::uint64_t steps = 0;
  std::uint64_t active = 0;
  std::string p95;  // "12ms"; empty: nothing was measured
  std::uint64_t nodes = 0;
  std::optional<cluster::Placement> placement;
  std::vector<std::string> criticalPath;
  std::vector<cluster::SourceDigest> sources;
  friend bool operator==(const Status&, const Status&) = default;

  const Condition* find(std::string_view type) const;
  bool is(std::string_view type) const;  // that condition is True
};

// Of a whole object's JSON text. What cannot be read is as if it were not there: it will be written anew.
Status readStatus(std::string_view object);

// Tells one status from another, in this process only.
std::size_t fingerprint(const Status& status);

// The JSON merge patch (RFC 7386) of the object that turns its status from `before` to `after`, with the
// resource version that it is for; empty where there is nothing to change.
std::string statusPatch(const Status& before, const Status& after, std::string_view resourceVersion);

}  // namespace faasbatch::controllers
