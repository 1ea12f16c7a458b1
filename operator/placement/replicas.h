// How many replicas of a placement a workflow needs, from what its agents measured.
#pragma once

#include <cstdint>

#include "lib/base/time.h"

namespace faasbatch::placement {

// One replica more at a time, and only after the last change has had this long to show in the figures, which
// are those of the last minute.
inline constexpr base::Duration kReplicaGrowAfter = std::chrono::seconds(60);
inline constexpr base::Duration kReplicaShrinkAfter = std::chrono::minutes(10);
// A workflow whose pods take more than this part of its nodes' scale gets another node before it starves.
inline constexpr double kReplicaFill = 0.75;
// One replica less where the pods in use would fill the rest to less than this.
inline constexpr double kReplicaSpare = 0.25;

struct Load {
  std::uint32_t replicas = 1;  // that there are
  std::uint32_t pods = 0;      // of its functions, now, everywhere
  std::uint32_t starving =
      0;  // functions that waited for a pod in the last minute though their share was used up
  std::uint32_t podBound = 0;     // sum of its functions' maxPods: more pods than these there will never be
  std::uint64_t scale = 0;        // sum over its nodes of the pods that they take
  base::Duration sinceChange{0};  // of the number of replicas
};

// Pure. At least 1; what is too many for the cluster, Packing leaves out.
std::uint32_t wantedReplicas(const Load& load);

}  // namespace faasbatch::placement
