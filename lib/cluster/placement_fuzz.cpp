// readPlacement() on any bytes: what it takes keeps the invariants and is read back as it was.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/cluster/placement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faasbatch::cluster;
  const auto placement = readPlacement(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!placement) return 0;
  if (!brokenInvariant(*placement).empty()) std::abort();
  const auto again = readPlacement(R"({"placementGeneration":)" + std::to_string(placement->generation) +
                                   R"(,"placement":)" + placementJson(*placement) + R"(,"replicas":)" +
                                   replicasJson(*placement) + "}");
  if (!again || *again != *placement || again->digest() != placement->digest()) std::abort();
  return 0;
}
