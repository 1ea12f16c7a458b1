#include "node-agent/runs/spill.h"

namespace faasbatch::runs {

engine::OutputRef::Store place(std::size_t bytes, const Stores& stores, bool storesForget) {
  using Store = engine::OutputRef::Store;
  if (bytes <= kMaxInlineBytes || storesForget) return Store::kInline;
  if (stores.node) return Store::kNode;
  if (stores.cluster) return Store::kCluster;
  return Store::kInline;
}

engine::OutputRef::Store placeFar(std::size_t bytes, const Stores& stores) {
  using Store = engine::OutputRef::Store;
  return bytes > kMaxInlineBytes && stores.cluster ? Store::kCluster : Store::kInline;
}

std::string spillKey(const std::string& runId, const std::string& part, engine::StepId step,
                     std::uint32_t attempt) {
  std::string key = "fb:run:" + runId + ":";
  if (!part.empty()) key.append(part).append(":");
  return key + std::to_string(step) + ":" + std::to_string(attempt);
}

}  // namespace faasbatch::runs
