#include "operator/controllers/functionworkflow/commitments.h"

#include <algorithm>

namespace faasbatch::controllers {

void Commitments::set(const kube::ObjectKey& workflow, Scale scale) {
  if (const auto before = workflows_.find(workflow); before != workflows_.end()) {
    for (const auto& [node, pods] : before->second) {
      std::uint64_t& sum = sums_[node];
      sum -= pods;
      if (sum == 0) sums_.erase(node);
    }
    workflows_.erase(before);
  }
  if (scale.empty()) return;
  for (const auto& [node, pods] : scale) sums_[node] += pods;
  workflows_.emplace(workflow, std::move(scale));
}

std::uint32_t Commitments::ofOthers(const std::string& node, const kube::ObjectKey& workflow) const {
  const auto sum = sums_.find(node);
  if (sum == sums_.end()) return 0;
  std::uint64_t own = 0;
  if (const auto found = workflows_.find(workflow); found != workflows_.end()) {
    const auto there = found->second.find(node);
    if (there != found->second.end()) own = there->second;
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(sum->second - own, UINT32_MAX));
}

}  // namespace faasbatch::controllers
