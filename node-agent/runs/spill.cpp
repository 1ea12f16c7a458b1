#include "node-agent/runs/spill.h"

namespace faasbatch::runs {

engine::OutputRef::Store place(std::size_t bytes, const Stores& stores, bool storesForget) {
  using Store = engine::OutputRef::Store;
  if (bytes <= kMaxInlineBytes || storesForget) return Store::kInline;
  if (stores.node) return Store::kNode;
  if (stores.cluster) return Store::kCluster;
  return Store::kInline;
}

std::string spillKey(const std::string& runId, engine::StepId step, std::uint32_t attempt) {
  return "fb:run:" + runId + ":" + std::to_string(step) + ":" + std::to_string(attempt);
}

}  // namespace faasbatch::runs
