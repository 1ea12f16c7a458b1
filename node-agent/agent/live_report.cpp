#include "node-agent/agent/live_report.h"

#include <vector>

namespace faasbatch::agent {
namespace {

std::size_t podsOf(const batching::FunctionStatus& function) {
  return function.warmPods + function.startingPods;
}

}  // namespace

bool LiveReport::starves(const batching::FunctionStatus& function, std::size_t podsHere) const {
  if (function.queued == 0) return false;
  if (podsHere >= maxPods_) return true;
  const runs::AppliedWorkflow* workflow =
      parts_.workflows->find(function.key.nameSpace, function.key.workflowName());
  if (workflow == nullptr) return false;
  const auto index = workflow->plan->findFunction(function.key.function);
  return index && podsOf(function) >= workflow->plan->functions[*index].pool.maxPods;
}

void LiveReport::fill(cluster::Report& report, base::Instant now) {
  struct Sum {
    std::uint32_t pods = 0;
    std::uint32_t starving = 0;
  };
  const std::vector<batching::FunctionStatus> functions = parts_.dispatcher->status();
  for (const batching::FunctionStatus& function : functions)
    report.pods += static_cast<std::uint32_t>(podsOf(function));
  std::map<std::pair<std::string, std::string>, Sum> sums;
  for (const batching::FunctionStatus& function : functions) {
    sums[{function.key.nameSpace, function.key.workflowName()}].pods +=
        static_cast<std::uint32_t>(podsOf(function));
    if (starves(function, report.pods)) starving_[function.key] = now + runs::kRecently;
  }
  std::erase_if(starving_, [now](const auto& one) { return one.second < now; });
  for (const auto& [key, until] : starving_) ++sums[{key.nameSpace, key.workflowName()}].starving;
  for (cluster::WorkflowReport& workflow : report.workflows) {
    parts_.runs->measures().fill(workflow, now);
    if (const auto own = sums.find({workflow.nameSpace, workflow.name}); own != sums.end()) {
      workflow.pods = own->second.pods;
      workflow.starving = own->second.starving;
    }
  }
}

}  // namespace faasbatch::agent
