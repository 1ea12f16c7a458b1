#include "operator/placement/replicas.h"

#include "lib/cluster/placement.h"

namespace faasbatch::placement {

std::uint32_t wantedReplicas(const Load& load) {
  const double pods = load.pods;
  const auto scale = static_cast<double>(load.scale);
  const bool short_ =
      (load.starving > 0 && load.pods < load.podBound) || (load.scale > 0 && pods > kReplicaFill * scale);
  if (short_) {
    const bool more = load.sinceChange >= kReplicaGrowAfter && load.replicas < cluster::kMaxReplicas;
    return load.replicas + (more ? 1 : 0);
  }
  if (load.replicas <= 1) return 1;
  const double rest = scale * (load.replicas - 1) / load.replicas;
  const bool fewer =
      load.starving == 0 && pods < kReplicaSpare * rest && load.sinceChange >= kReplicaShrinkAfter;
  return load.replicas - (fewer ? 1 : 0);
}

}  // namespace faasbatch::placement
