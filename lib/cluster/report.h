// What an agent tells the operator: who it is, what it serves, what it has measured. GET /v1/peer/report on
// the peer port.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"

namespace faasbatch::cluster {

inline constexpr std::size_t kMaxReportBytes = 32 << 20;
inline constexpr std::string_view kReportPath = "/v1/peer/report";

// Of one step of the root list, over the last runs here (exponentially weighted).
struct StepMeasure {
  std::string step;
  std::uint64_t runs = 0;
  base::Duration time{0};         // exec, mean
  std::uint64_t outputBytes = 0;  // mean
  friend bool operator==(const StepMeasure&, const StepMeasure&) = default;
};

struct WorkflowReport {
  std::string nameSpace;
  std::string name;
  std::string uid;
  std::int64_t generation = 0;  // that is served here
  std::string placementDigest;  // likewise
  std::string failure;          // why it is not served (its newest generation); empty: it is
  std::uint64_t active = 0;     // runs whose home is here
  std::uint64_t runs = 0;       // ended here in the last minute
  base::Duration p95{0};        // of their totals
  std::uint32_t pods = 0;       // of its functions, here
  std::uint32_t starving =
      0;  // of its functions that waited for a pod in the last minute with maxPods reached here
  std::vector<StepMeasure> steps;
  friend bool operator==(const WorkflowReport&, const WorkflowReport&) = default;
};

struct Report {
  std::string node;
  std::string version;
  std::string incarnation;     // another one after each start
  std::uint64_t sequence = 0;  // grows with every change worth telling
  std::uint32_t pods = 0;
  std::uint32_t maxPods = 0;
  bool draining = false;
  bool journalHealthy = true;
  std::vector<WorkflowReport> workflows;
  friend bool operator==(const Report&, const Report&) = default;
};

// One JSON object; durations are whole nanoseconds, in fields that end in "Ns".
std::string toJson(const Report& report);
// Fields that are missing have their defaults, unknown ones are ignored: operator and agents may be of
// different versions during an upgrade. Kind "InvalidReport", with the path, where a value is of a wrong type
// or what names an object is missing.
base::Result<Report> reportFromJson(std::string_view json);

// GET of kReportPath with the query `after=SEQUENCE&incarnation=ID&wait=SECONDS`: answered at once where the
// agent's sequence is another one or its incarnation is, otherwise at the next change or after the wait. It
// shows the peers' shared secret as `Authorization: Bearer SECRET`.

}  // namespace faasbatch::cluster
